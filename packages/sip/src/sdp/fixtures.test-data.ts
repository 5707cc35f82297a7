/** Whole session descriptions as both sides send them (Microsoft's Direct Routing pages and public traces; example world's names). */
export const crlf = (text: string): string => text.replaceAll('\n', '\r\n');

/** An SBC calls Teams, media processor in the path. */
export const sbcOffer = `v=0
o=ExampleSBC 71001 1 IN IP4 198.51.100.20
s=-
c=IN IP4 198.51.100.20
t=0 0
m=audio 20010 RTP/SAVP 8 0 18 101 13
a=rtcp:20010
a=rtcp-mux
a=rtpmap:8 PCMA/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:18 G729/8000
a=fmtp:18 annexb=no
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-15
a=rtpmap:13 CN/8000
a=ptime:20
a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:Nqu1ZuuqBbVq+spkbY/MExZZJZxBT6RxTzWBVO/V|2^31
a=sendrecv
`;

/** Teams calls the PSTN, media processor in the path: loopback origin, SILK first, `_32` before `_80`. */
export const teamsOffer = `v=0
o=- 91249 0 IN IP4 127.0.0.1
s=session
c=IN IP4 203.0.113.50
b=CT:10000000
t=0 0
m=audio 52004 RTP/SAVP 104 103 9 8 0 18 101 13 118
c=IN IP4 203.0.113.50
a=rtcp:52004
a=rtcp-mux
a=sendrecv
a=rtpmap:104 SILK/16000
a=rtpmap:103 SILK/8000
a=rtpmap:9 G722/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:18 G729/8000
a=fmtp:18 annexb=no
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-16
a=rtpmap:13 CN/8000
a=rtpmap:118 CN/16000
a=ptime:20
a=crypto:0 AES_CM_128_HMAC_SHA1_32 inline:Lvqg9/nVL5jzaHaLJ0avGH4BCTpszhOxTiMsA8te|2^31
a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:a3WbRhDwd6E55xZIZ7nDlmhT4KLxEiNW4xsGzYWW|2^31
`;

/** An SBC with media bypass: ICE-lite. */
export const bypassOffer = `v=0
o=ExampleSBC 71002 1 IN IP4 198.51.100.20
s=-
c=IN IP4 198.51.100.20
t=0 0
a=ice-lite
m=audio 20014 RTP/SAVP 8 0 9 101 13
a=rtcp:20014
a=rtcp-mux
a=ice-ufrag:Zk3p
a=ice-pwd:6nT0vGx2Qm9Lr4WcYb7Hs1Ud
a=candidate:1 1 udp 2130706431 198.51.100.20 20014 typ host
a=rtpmap:8 PCMA/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:9 G722/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-15
a=rtpmap:13 CN/8000
a=ptime:20
a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:YkhhPqH+m0x2nFB6tcPMq4AUEHfVRJ/o8Bt5HVpk|2^31
`;

/** A carrier: plain RTP, its own payload number for telephone-event, a video line nobody wants. */
export const carrierOffer = `v=0
o=carrier 5 7 IN IP4 192.0.2.30
s=call
c=IN IP4 192.0.2.30
t=0 0
m=video 7000 RTP/AVP 96
a=rtpmap:96 H264/90000
m=audio 7002 RTP/AVP 0 8 96
a=rtpmap:96 telephone-event/8000
a=fmtp:96 0-15
a=ptime:20
`;
