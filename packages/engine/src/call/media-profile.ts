import type { MediaProfile } from '../ports/media-port.ts';
import type { EngineSettings } from '../settings.ts';
import type { LegRole } from './call-failure.ts';

/** Encrypted towards Teams, plain towards carriers and phones; each side sees the address that it can reach. */
export function profileOf(role: LegRole, settings: EngineSettings): MediaProfile {
  const { teams, carriers, phones } = settings;
  if (role === 'teams') return { role, transport: 'RTP/SAVP', advertisedAddress: teams.mediaAddress };
  const of = role === 'phone' ? (phones ?? carriers) : carriers;
  return { role, transport: 'RTP/AVP', advertisedAddress: of.mediaAddress };
}
