import { X509Certificate } from 'node:crypto';
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls';

/**
 * Our own judgement of a peer's certificate chain (threat T06). Node's `authorizationError` names one fault only and
 * hides others behind it (INVALID_PURPOSE hides an untrusted issuer), so nothing here starts from it: signatures,
 * dates, constraints, key size and names are all checked from the chain up, on every connection.
 */
export type CertificateFault =
  | 'none'
  | 'no-certificate'
  | 'not-yet-valid'
  | 'expired'
  | 'weak-key'
  | 'wrong-usage'
  | 'not-a-ca'
  | 'untrusted'
  | 'chain-too-long'
  | 'wrong-name';

export type CertificateVerdict =
  | { readonly ok: true; readonly leaf: X509Certificate; readonly matchedName: string }
  | { readonly ok: false; readonly fault: Exclude<CertificateFault, 'none'>; readonly say: string };

export interface CertificateExpectation {
  readonly roots: readonly X509Certificate[];
  /** One of these must be covered by the leaf's subject alternative names (one-label wildcards count). */
  readonly names: readonly string[];
  readonly nowWallMs: number;
}

const allowanceMs = 60_000; // T06: clocks differ
const longestChain = 6;
const serverAuth = '1.3.6.1.5.5.7.3.1';
const clientAuth = '1.3.6.1.5.5.7.3.2';

const fault = (kind: Exclude<CertificateFault, 'none'>, say: string): CertificateVerdict => ({
  ok: false,
  fault: kind,
  say,
});

function judgeDates(certificate: X509Certificate, nowWallMs: number): CertificateVerdict | undefined {
  if (nowWallMs + allowanceMs < certificate.validFromDate.getTime())
    return fault('not-yet-valid', `${certificate.subject} is valid from ${certificate.validFrom}`);
  if (nowWallMs - allowanceMs > certificate.validToDate.getTime())
    return fault('expired', `${certificate.subject} was valid until ${certificate.validTo}`);
  return undefined;
}

function strongKey(certificate: X509Certificate): boolean {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = certificate.publicKey;
  if (type === 'rsa' || type === 'rsa-pss') return (details?.modulusLength ?? 0) >= 2048;
  return type === 'ec' || type === 'ed25519' || type === 'ed448';
}

const issued = (child: X509Certificate, parent: X509Certificate): boolean =>
  child.checkIssued(parent) && child.verify(parent.publicKey);

/**
 * Judges `chain` (leaf first, as presented). Extended key usage must allow server or client authentication when it is
 * present: Microsoft's own certificates lose the client usage in 2026 (teams-direct-routing 1.4), so either will do.
 * Revocation is not looked up: the roots' lists are not reachable from a call.
 */
export function judgeCertificate(
  chain: readonly X509Certificate[],
  expected: CertificateExpectation,
): CertificateVerdict {
  const leaf = chain[0];
  if (!leaf) return fault('no-certificate', 'the peer sent no certificate');
  const usage = leaf.keyUsage as readonly string[] | undefined;
  if (usage && usage.length > 0 && !usage.includes(serverAuth) && !usage.includes(clientAuth))
    return fault('wrong-usage', `${leaf.subject} is not for server or client authentication`);

  let current = leaf;
  for (let depth = 0; ; depth += 1) {
    if (depth >= longestChain) return fault('chain-too-long', `more than ${longestChain} certificates`);
    const dates = judgeDates(current, expected.nowWallMs);
    if (dates) return dates;
    if (!strongKey(current)) return fault('weak-key', `${current.subject} has a key below RSA 2048`);
    if (depth > 0 && !current.ca) return fault('not-a-ca', `${current.subject} may not issue certificates`);
    const child = current;
    const root = expected.roots.find((candidate) => issued(child, candidate));
    if (root) {
      const rootDates = judgeDates(root, expected.nowWallMs);
      if (rootDates) return rootDates;
      break;
    }
    const parent = chain.find((candidate) => candidate !== child && issued(child, candidate));
    if (!parent || parent.fingerprint256 === child.fingerprint256)
      return fault(
        'untrusted',
        `${child.subject} was issued by ${child.issuer}, which no trusted root vouches for`,
      );
    current = parent;
  }

  const matchedName = expected.names.find(
    (name) =>
      leaf.checkHost(name, { subject: 'never', wildcards: true, partialWildcards: false }) !== undefined,
  );
  if (matchedName === undefined)
    return fault(
      'wrong-name',
      `${leaf.subjectAltName ?? 'no alternative name'} covers none of ${expected.names.join(', ')}`,
    );
  return { ok: true, leaf, matchedName };
}

/**
 * TLS options of a side whose peers we judge. The list of trusted roots is empty on purpose: when OpenSSL can verify a
 * client's chain by itself, Node shows the leaf without the intermediates that were sent (seen with 24.21.0), and there
 * is nothing left to judge. Without roots every handshake is "unverified" and the whole chain is there.
 */
export const judgedByUs = { ca: [] as string[], rejectUnauthorized: false } as const;

/** The chain that the peer presented, leaf first; whole only under {@link judgedByUs}. */
export function presentedChain(socket: TLSSocket): X509Certificate[] {
  const chain: X509Certificate[] = [];
  let next: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
  const seen = new Set<string>();
  while (next?.raw && chain.length < longestChain + 2) {
    if (seen.has(next.fingerprint256)) break;
    seen.add(next.fingerprint256);
    chain.push(new X509Certificate(next.raw));
    next = next.issuerCertificate;
  }
  return chain;
}
