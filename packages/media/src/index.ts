export { type DtmfDigit, DtmfReceiver } from './dtmf/dtmf-receiver.ts';
export { DtmfSender, MAX_QUEUED_DIGITS } from './dtmf/dtmf-sender.ts';
export {
  digitOfEvent,
  eventOfDigit,
  parseTelephoneEvent,
  printTelephoneEvent,
  type TelephoneEvent,
} from './dtmf/telephone-event.ts';
export { HeardAudio } from './endpoint/heard-audio.ts';
export {
  type EndpointCodecs,
  type EndpointInput,
  type EndpointOptions,
  type EndpointPacket,
  type EndpointStatistics,
  RtpEndpoint,
} from './endpoint/rtp-endpoint.ts';
export * from './g711/g711.ts';
export { Recording } from './record/recording.ts';
export { checkLegSettings } from './relay/leg-settings-check.ts';
export { PacketRing } from './relay/packet-ring.ts';
export * from './relay/relay-commands.ts';
export type { RelayLeg } from './relay/relay-leg.ts';
export {
  type MediaTimeouts,
  mediaTimeouts,
  type RelayPorts,
  RelaySession,
  type SessionOptions,
} from './relay/relay-session.ts';
export { ntpFraction, ntpMiddle, ntpSeconds } from './rtcp/ntp-time.ts';
export { parseRtcp, printRtcp, type RtcpPacket, type SenderInfo } from './rtcp/packet.ts';
export { ReportExchange, RTCP_INTERVAL_MS } from './rtcp/report-exchange.ts';
export { isRtcp, parseRtp, printRtp, RTP_HEADER, type RtpPacket, rtpHeaderLength } from './rtp/packet.ts';
export { ReceiveStatistics, type ReportBlock } from './rtp/receive-statistics.ts';
export { HmacSha1 } from './srtp/hmac-sha1.ts';
export { REPLAY_WINDOW, ReplayWindow } from './srtp/replay-window.ts';
export { deriveSessionKeys, parseMasterKey, type SessionKeys, srtpTagBytes } from './srtp/session-keys.ts';
export { SrtcpReceiver, SrtcpSender } from './srtp/srtcp.ts';
export * from './srtp/srtp.ts';
export { analyseTone, dominantFrequency, goertzel, type Spectrum } from './tone/dominant-frequency.ts';
export { MusicSource, musicRangeHz } from './tone/music.ts';
export { mailboxNotes, type Note, notesSource, notInServiceNotes, sorryNotes } from './tone/notes.ts';
export { type Cadence, type RingbackRegion, RingbackSource, ringbackCadences } from './tone/ringback.ts';
export { type PcmSource, SampleSource, type ToneOptions, ToneSource } from './tone/tone.ts';
export { parseWav, printWav, type WavAudio, type WavEncoding, type WavOutcome } from './wav/wav.ts';
