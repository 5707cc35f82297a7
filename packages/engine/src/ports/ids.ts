import type { CallId } from '@tandem/domain';

export interface Ids {
  callId(): CallId;
}
