import type { Destination, Flow, SipMessage, UserAgent } from '@tandem/sip';
import type { Audit } from '../audit/audit.ts';
import type { TeamsClients } from '../clients/teams-client.ts';
import type { Clock } from '../clock.ts';
import type { Region } from '../config.ts';
import type { Directory } from '../directory/directory.ts';
import type { Party } from '../media/party.ts';
import type { TwinRandom } from '../random.ts';
import type { TeamsCall } from './teams-call.ts';
import type { TrunkHealth } from './trunk-health.ts';

/** What a call knows of the proxy it runs in. */
export interface ProxyWorld {
  readonly ua: UserAgent;
  readonly clock: Clock;
  readonly random: TwinRandom;
  readonly audit: Audit;
  readonly directory: Directory;
  readonly health: TrunkHealth;
  /** By SIP Call-ID, for the byte checks. Kept for a while after the end. */
  readonly calls: Map<string, TeamsCall>;
  /** Told of each call when it begins. */
  onCall(call: TeamsCall): void;
  /** Address in our Via and SDP. */
  readonly address: string;
  clientsOf(upn: string): TeamsClients | undefined;
  hubPort(region: Region): number;
  /** The SBC under one of its names, over a connection of that region's own. */
  destination(trunk: string, region: Region): Destination;
  openParty(toneHz: number): Promise<Party>;
  /** Bytes on a flow without the user agent: the further forks of an INVITE. */
  sendRaw(flow: Flow, message: SipMessage): void;
  /** To be called after anything that may have set a timer. */
  kick(): void;
}
