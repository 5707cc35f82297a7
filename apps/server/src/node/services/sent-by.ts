import { phoneSides } from '@tandem/adapters/sip-transport/phone-flows.ts';
import { sipSides } from '@tandem/adapters/sip-transport/sip-endpoint.ts';
import type { UserAgentOptions } from '@tandem/sip/ua/types.ts';
import type { NodeConfig } from '../../supervisor/child-config.ts';

type Where = Pick<NodeConfig, 'sbcBaseDomain' | 'advertisedAddress' | 'ports'>;

/** What our Via says towards each side: where its answers reach us. */
export function sentBy({ sbcBaseDomain, advertisedAddress, ports }: Where): UserAgentOptions['viaFor'] {
  const teams = { sentBy: `${sbcBaseDomain}:${ports.teamsTls}`, params: ';alias' };
  const carriers = { sentBy: `${advertisedAddress}:${ports.carrierSip}`, params: ';rport' };
  const phones = { sentBy: `${advertisedAddress}:${ports.phonesSip}`, params: ';rport' };
  const phonesTls = { sentBy: `${advertisedAddress}:${ports.phonesTls}`, params: ';rport' };
  const bySide = new Map<string, ReturnType<UserAgentOptions['viaFor']>>([
    [sipSides.teams, teams],
    [phoneSides.phonesUdp, phones],
    [phoneSides.phonesTcp, phones],
    [phoneSides.phonesTls, phonesTls],
  ]);
  return (to) => bySide.get('via' in to ? to.via : to.listener) ?? carriers;
}
