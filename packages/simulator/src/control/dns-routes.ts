import * as schemas from './directory-schemas.ts';
import { type Route, route } from './route.ts';

/** What was written into the DNS. */
export const dnsRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/dns',
    summary: 'What was written into the DNS on top of the rehearsal names',
    run: ({ twin }) => Object.fromEntries(twin.zones.all()),
  }),
  route({
    method: 'PUT',
    path: '/dns/:name',
    summary: 'The records of one name, in place of what was written before',
    body: schemas.nameRecords,
    run: ({ twin }, { params, body }) => {
      const name = params.name ?? '';
      twin.zones.write(name, { a: body.a ?? undefined, txt: body.txt ?? [] });
      return { name, ...(twin.zones.written(name) ?? { txt: [] }) };
    },
  }),
  route({
    method: 'POST',
    path: '/dns',
    summary: 'Records as a DNS driver of the platform posts them',
    body: schemas.zoneUpdate,
    run: ({ twin }, { body }) => {
      for (const { type, name, value } of body.records) {
        const { a, txt } = twin.zones.written(name) ?? { a: undefined, txt: [] };
        twin.zones.write(
          name,
          type === 'A' ? { a: value, txt } : { a, txt: [...txt.filter((one) => one !== value), value] },
        );
      }
      return { written: body.records.length };
    },
  }),
];
