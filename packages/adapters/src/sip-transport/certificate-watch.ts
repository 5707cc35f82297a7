import { importCertificate, type OwnCertificate } from './own-certificate.ts';

/**
 * Looks for a renewed certificate in the folder and hands it on when it is good (F14). It looks instead of listening,
 * because certificates are replaced by links, mounts and copies, and not all of these tell.
 */
export function watchCertificate(options: {
  readonly folder: string;
  readonly names: readonly string[];
  readonly current: OwnCertificate;
  readonly everyMs?: number;
  onRenewed(certificate: OwnCertificate): void;
  /** Once per faulty pair, not once per look. */
  onRefused(say: string): void;
}): { look(): Promise<void>; stop(): void } {
  let used = options.current;
  let refused: string | undefined;
  const look = async (): Promise<void> => {
    const found = await importCertificate(options.folder, options.names, Date.now());
    if (!found.ok) {
      if (found.say !== refused) options.onRefused(found.say);
      refused = found.say;
      return;
    }
    refused = undefined;
    if (found.certificate.chain === used.chain && found.certificate.key === used.key) return;
    used = found.certificate;
    options.onRenewed(used);
  };
  const timer = setInterval(() => {
    look().catch((error: Error) =>
      options.onRefused(`the certificate could not be looked at: ${error.message}`),
    );
  }, options.everyMs ?? 5_000);
  timer.unref();
  return { look, stop: () => clearInterval(timer) };
}
