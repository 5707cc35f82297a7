import assert from 'node:assert/strict';
import { asPersonId, type E164, type Person } from '@tandem/domain';
import type { AuditEntry } from '@tandem/engine/ports/audit.ts';
import { createTenantFileBoard } from '../board.ts';
import type { TenantState } from '../state.ts';
import { accountId, emptyState, memoryGround } from './memory-ground.ts';

export const admin = { kind: 'user', name: 'operator', may: () => true } as const;

/** Of these tests. */
export const nowWallMs = Date.parse('2026-11-23T00:00:00Z');

export function rig(state: TenantState, consequence?: () => string) {
  const world = memoryGround(state, consequence);
  const notes: AuditEntry[] = [];
  const board = createTenantFileBoard({
    ground: world.ground,
    audit: { note: async (entry) => void notes.push(entry) },
    wall: () => nowWallMs,
  });
  const plan = async (file: string, prune = false, by: Parameters<typeof board.plan>[2] = admin) => {
    const outcome = await board.plan(accountId, { file, prune }, by);
    return outcome.kind === 'done' ? outcome.value : assert.fail(JSON.stringify(outcome));
  };
  const apply = async (file: string, prune = false) => {
    const { preview } = await plan(file, prune);
    const outcome = await board.apply(accountId, { file, prune, preview }, admin);
    return outcome.kind === 'done' ? outcome.value : assert.fail(JSON.stringify(outcome));
  };
  const exported = async () => (await board.read(accountId)) ?? assert.fail('no file');
  return { ...world, board, notes, plan, apply, exported };
}

export const person = (name: string, more: Partial<Person> = {}): Person => ({
  id: asPersonId(`person-${name.toLowerCase()}`),
  accountId,
  displayName: name,
  upn: `${name.toLowerCase()}@acme.example`,
  mail: `${name.toLowerCase()}@acme.example`,
  numbers: [],
  active: true,
  teamsToggle: true,
  platformLicence: true,
  ...more,
});
export const number = (tail: number): E164 => `+1202555${String(tail).padStart(4, '0')}` as E164;
export const withPeople = (...people: Person[]): TenantState => ({ ...emptyState(), people });
export const two = () =>
  withPeople(
    person('Dana', { numbers: [number(142), number(150)], extension: '0100' }),
    person('Bo', { numbers: [number(143)], extension: '1002' }),
  );
