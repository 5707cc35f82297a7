/**
 * Loaded before every test file (`node --import`). Properties draw from one seed, which is fixed unless PROPERTY_SEED
 * names another one or says `random`: a run that fails in CI fails the same way on any desk, and whoever wants to hunt
 * sets `PROPERTY_SEED=random`. fast-check prints the seed with every failure.
 */
import fc from 'fast-check';

const asked = process.env.PROPERTY_SEED ?? '1';
const seed = asked === 'random' ? Math.floor(Math.random() * 2 ** 31) : Number(asked);
if (!Number.isInteger(seed)) throw new Error(`PROPERTY_SEED=${asked}: wanted a whole number or "random"`);
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed });
