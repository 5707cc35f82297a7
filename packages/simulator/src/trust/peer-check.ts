import { X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import { type DetailedPeerCertificate, TLSSocket } from 'node:tls';

/**
 * Judging the certificate of whoever connected (checks T2 and T3) and, as a client, of the SBC. The verdict is ours
 * alone: OpenSSL's error names hide one fault behind another (platform-facts "TLS in Node 24").
 */

const serverAuth = '1.3.6.1.5.5.7.3.1';
const clientAuth = '1.3.6.1.5.5.7.3.2';

export type EkuPolicy = 'both' | 'serverOnlyAllowed';

export interface PeerRules {
  /** Roots that count, PEM. */
  readonly roots: readonly string[];
  /** Intermediates that exist but must be sent by the peer: lets a missing one be named (T3). */
  readonly knownIntermediates: readonly string[];
  readonly eku: EkuPolicy;
  /** Wall milliseconds. */
  readonly now: number;
}

/** What the certificate of a connection says; hung on the flow. */
export interface PeerIdentity {
  readonly kind: 'sbc';
  readonly commonName: string | undefined;
  readonly dnsNames: readonly string[];
  readonly notAfter: number;
  readonly tlsVersion: string | null;
}

export type PeerFault =
  | { readonly check: 'T2'; readonly why: string }
  | { readonly check: 'T3'; readonly why: string };

export type PeerOutcome =
  | { readonly ok: true; readonly peer: PeerIdentity }
  | { readonly ok: false; readonly fault: PeerFault };

export function judgePeer(socket: Socket | TLSSocket, rules: PeerRules): PeerOutcome {
  const refuse = (check: 'T2' | 'T3', why: string): PeerOutcome => ({ ok: false, fault: { check, why } });
  if (!(socket instanceof TLSSocket)) return refuse('T2', 'not a TLS connection');
  const presented = presentedChain(socket);
  const leaf = presented[0];
  if (!leaf) return refuse('T2', 'no client certificate');
  // Node does not show the intermediates that a client sent when its own list lacks them (seen with 24.21.0); whether
  // they were sent is OpenSSL's to say, whether they lead to a root that counts is ours.
  const complete = presented.length > 1 || socket.authorized || !saysIncomplete(socket.authorizationError);
  const path = judgeChain(
    presented,
    complete ? { ...rules, knownIntermediates: [] } : rules,
    complete ? rules.knownIntermediates : [],
  );
  if (path) return { ok: false, fault: path };
  return {
    ok: true,
    peer: {
      kind: 'sbc',
      commonName: commonNameOf(leaf),
      dnsNames: dnsNamesOf(leaf),
      notAfter: leaf.validToDate.getTime(),
      tlsVersion: socket.getProtocol(),
    },
  };
}

function presentedChain(socket: TLSSocket): X509Certificate[] {
  const chain: X509Certificate[] = [];
  let at: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
  const seen = new Set<string>();
  while (at?.raw && !seen.has(at.fingerprint256) && chain.length < 10) {
    seen.add(at.fingerprint256);
    chain.push(new X509Certificate(at.raw));
    at = at.issuerCertificate;
  }
  return chain;
}

const incomplete = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_GET_ISSUER_CERT',
]);

/** Node's type says Error; what stands there is the code as text. */
function saysIncomplete(error: unknown): boolean {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : error;
  return incomplete.has(String(code));
}

/**
 * Undefined when the chain is good. `sent` are intermediates (PEM) that the peer is known to have sent although the
 * runtime does not show them.
 */
export function judgeChain(
  shown: readonly X509Certificate[],
  rules: PeerRules,
  sent: readonly string[] = [],
): PeerFault | undefined {
  const leaf = shown[0] as X509Certificate;
  const presented = [...shown, ...sent.map((pem) => new X509Certificate(pem))];
  const roots = rules.roots.map((pem) => new X509Certificate(pem));
  for (const cert of shown) {
    const name = commonNameOf(cert) ?? cert.subject;
    if (cert.validToDate.getTime() < rules.now)
      return { check: 'T2', why: `the certificate of ${name} has expired` };
    if (cert.validFromDate.getTime() > rules.now)
      return { check: 'T2', why: `the certificate of ${name} is not yet valid` };
  }
  let at = leaf;
  for (let depth = 0; ; depth++) {
    const here = at;
    if (roots.some((root) => issuedBy(here, root))) break;
    const next = presented.find((other) => other !== here && other.ca && issuedBy(here, other));
    if (!next || depth > 8) {
      const missing = rules.knownIntermediates
        .map((pem) => new X509Certificate(pem))
        .some((other) => issuedBy(here, other));
      return missing
        ? { check: 'T3', why: 'the intermediate certificate was not sent' }
        : { check: 'T2', why: 'the chain does not end in the root programme' };
    }
    at = next;
  }
  const usages = leaf.keyUsage ?? [];
  if (usages.length > 0) {
    if (!usages.includes(serverAuth))
      return { check: 'T2', why: 'the certificate lacks server authentication' };
    if (rules.eku === 'both' && !usages.includes(clientAuth))
      return { check: 'T2', why: 'the certificate lacks client authentication' };
  }
  return undefined;
}

function issuedBy(cert: X509Certificate, issuer: X509Certificate): boolean {
  return cert.checkIssued(issuer) && cert.verify(issuer.publicKey);
}

export function commonNameOf(cert: X509Certificate): string | undefined {
  return /(?:^|\n)CN=(.+)/.exec(cert.subject)?.[1];
}

export function dnsNamesOf(cert: X509Certificate): string[] {
  return [...(cert.subjectAltName ?? '').matchAll(/DNS:("?)([^",\s]+)\1/g)].map(
    (match) => match[2] as string,
  );
}

/**
 * RFC 2818 section 3.1 as Microsoft applies it (teams-direct-routing 1.4 item 4): exact, or a wildcard that replaces
 * exactly one leftmost label. The common name counts beside the SANs.
 */
export function nameCovered(host: string, identity: Pick<PeerIdentity, 'commonName' | 'dnsNames'>): boolean {
  const wanted = host.toLowerCase();
  const names = identity.commonName ? [identity.commonName, ...identity.dnsNames] : identity.dnsNames;
  return names.some((name) => {
    const pattern = name.toLowerCase();
    if (!pattern.startsWith('*.')) return pattern === wanted;
    const dot = wanted.indexOf('.');
    return dot > 0 && wanted.slice(dot + 1) === pattern.slice(2);
  });
}
