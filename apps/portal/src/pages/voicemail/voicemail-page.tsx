import { useSession } from '../../api/session.ts';
import { AccountVoicemail } from './account-voicemail.tsx';
import { MyVoicemail } from './my-voicemail.tsx';

/** A user's own messages; for those who administer an account who takes messages there, and never a message. */
export function VoicemailPage() {
  return useSession().role === 'user' ? <MyVoicemail /> : <AccountVoicemail />;
}
