import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';

/**
 * Tandem's own certificate, as an operator imports it: two PEM files in one folder. Both roles, server and client,
 * present it (teams-direct-routing 1.3), so both take it from here.
 */
export interface OwnCertificate {
  readonly key: string;
  /** Leaf and intermediates, leaf first: Microsoft resets connections whose chain is not whole. */
  readonly chain: string;
  readonly leaf: X509Certificate;
  readonly notAfterWallMs: number;
}

export type CertificateImport =
  | { readonly ok: true; readonly certificate: OwnCertificate; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly say: string };

export const certificateFiles = { chain: 'sbc.cert.pem', key: 'sbc.key.pem' } as const;

/**
 * Reads and checks the pair: it must match, be in date, RSA of 2048 bits or more (all of Microsoft's cipher suites
 * authenticate with RSA), and cover every name. A pair that fails is refused and the running one stays (F14).
 */
export async function importCertificate(
  folder: string,
  names: readonly string[],
  nowWallMs: number,
): Promise<CertificateImport> {
  let chain: string;
  let key: string;
  try {
    [chain, key] = await Promise.all([
      readFile(join(folder, certificateFiles.chain), 'utf8'),
      readFile(join(folder, certificateFiles.key), 'utf8'),
    ]);
  } catch (error) {
    return { ok: false, say: `certificate cannot be read: ${(error as Error).message}` };
  }
  return checkCertificate(chain, key, names, nowWallMs);
}

export function checkCertificate(
  chain: string,
  key: string,
  names: readonly string[],
  nowWallMs: number,
): CertificateImport {
  const refuse = (say: string): CertificateImport => ({ ok: false, say });
  let leaf: X509Certificate;
  try {
    leaf = new X509Certificate(chain);
    if (!leaf.checkPrivateKey(createPrivateKey(key)))
      return refuse('the key does not belong to the certificate');
    // The leaf alone says nothing about what stands behind it: a file may be read while it is being copied.
    createSecureContext({ key, cert: chain });
  } catch (error) {
    return refuse(`certificate or key is not readable PEM: ${(error as Error).message}`);
  }
  if (leaf.publicKey.asymmetricKeyType !== 'rsa')
    return refuse('Microsoft accepts RSA keys only: order the certificate with an RSA key');
  if ((leaf.publicKey.asymmetricKeyDetails?.modulusLength ?? 0) < 2048)
    return refuse('the RSA key is below 2048 bits');
  if (nowWallMs < leaf.validFromDate.getTime())
    return refuse(`the certificate is valid from ${leaf.validFrom}`);
  if (nowWallMs >= leaf.validToDate.getTime()) return refuse(`the certificate expired on ${leaf.validTo}`);
  const missing = names.filter((name) => !leaf.checkHost(name, { partialWildcards: false }));
  if (missing.length > 0)
    return refuse(
      `the certificate does not cover ${missing.join(', ')}; it covers ${leaf.subjectAltName ?? leaf.subject}`,
    );
  const warnings: string[] = [];
  const days = Math.floor((leaf.validToDate.getTime() - nowWallMs) / 86_400_000);
  if (days <= 30) warnings.push(`the certificate expires in ${days} days`);
  const usage = leaf.keyUsage as readonly string[] | undefined;
  if (usage && !usage.includes('1.3.6.1.5.5.7.3.2'))
    warnings.push(
      'the certificate lacks client authentication, which Microsoft has asked for since March 2024',
    );
  return {
    ok: true,
    certificate: { key, chain, leaf, notAfterWallMs: leaf.validToDate.getTime() },
    warnings,
  };
}
