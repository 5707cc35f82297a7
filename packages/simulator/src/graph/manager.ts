import { context, type GraphAnswer, type GraphCall, notFound, ok, readStamp } from './graph-world.ts';
import { isAnswer, project, selection } from './listing.ts';
import { seenUser, userDefaults, userEntity } from './users.ts';

/** Who leads a user (graph 4.1). Nobody, or somebody who is gone: there is no such resource. */
export function getManager(call: GraphCall): GraphAnswer {
  const { world, params } = call;
  const names = selection(call, { schema: 'microsoft.graph.user', defaults: userDefaults });
  if (isAnswer(names)) return names;
  const id = params['user-id'] ?? '';
  const user = seenUser(call, id);
  const manager = user?.managerId == null ? undefined : seenUser(call, user.managerId);
  if (!manager) return notFound('manager');
  return ok({
    '@odata.context': context(call.base, 'directoryObjects/$entity'),
    '@odata.type': '#microsoft.graph.user',
    ...project(userEntity(world.directory.at(manager, readStamp(world)), call.tenant), names),
  });
}
