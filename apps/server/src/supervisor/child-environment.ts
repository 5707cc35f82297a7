/** Children are told their configuration by us; what the environment says about Tandem, secrets included, stays here. */
export const childEnvironment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('TANDEM_') && name !== 'DATABASE_URL'),
  );
