import { mailFaults } from '../mail/mail-server.ts';
import { subscriptionEntity } from '../notifications/subscription.ts';
import * as schemas from './graph-schemas.ts';
import { problem } from './problem.ts';
import { defined, type Route, type RouteContext, route } from './route.ts';

/** What people would get: notifications of Graph and mail; and what goes wrong with them. */

function notificationView({ microsoft365: { subscriptions } }: RouteContext['twin']) {
  return {
    settings: subscriptions.settings,
    subscriptions: subscriptions.all().map((one) => ({
      ...subscriptionEntity(one),
      tenantId: one.tenantId,
      creatorKind: one.creatorKind,
      clientState: one.clientState === null ? null : '<kept>',
    })),
    endpoints: subscriptions.courier.endpoints(),
    waiting: subscriptions.courier.waiting,
    deliveries: subscriptions.courier.records.slice(-200),
  };
}

export const graphControlRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/notifications',
    summary: 'Subscriptions, how deliveries go, the last 200 of them, and what goes wrong on purpose',
    run: ({ twin }) => notificationView(twin),
  }),
  route({
    method: 'PATCH',
    path: '/notifications',
    summary: 'Lose, double, reorder, delay or forge notifications; times and quotas',
    body: schemas.notificationChange,
    run: ({ twin }, { body }) => {
      Object.assign(twin.microsoft365.subscriptions.settings, defined(body));
      return notificationView(twin);
    },
  }),
  route({
    method: 'DELETE',
    path: '/notifications',
    summary: 'Forget all subscriptions and every delivery, as if nobody had ever subscribed',
    run: ({ twin }) => {
      const { subscriptions } = twin.microsoft365;
      const all = subscriptions.all();
      for (const one of all) subscriptions.remove(one);
      subscriptions.courier.records.length = 0;
      return { removed: all.length };
    },
  }),
  route({
    method: 'POST',
    path: '/notifications/forge',
    summary: 'A POST that Microsoft did not send; answers with what the receiver said',
    body: schemas.forgery,
    run: async ({ twin }, { body }, reply) => {
      const { subscriptions } = twin.microsoft365;
      const found = subscriptions
        .all()
        .find(({ id }) => body.subscription === undefined || id === body.subscription);
      if (!found) return problem(reply, 404, 'unknown-subscription', 'there is no such subscription');
      return { outcome: await subscriptions.courier.forge(found, body.kind) };
    },
  }),
  route({
    method: 'POST',
    path: '/notifications/challenge',
    summary: 'reauthorizationRequired, now, to every lifecycle URL',
    body: schemas.challengeWish,
    run: ({ twin }, { body }) => {
      const { subscriptions } = twin.microsoft365;
      const wanted = subscriptions
        .all()
        .filter(({ id }) => body.subscription === undefined || id === body.subscription);
      return { challenged: wanted.filter((one) => subscriptions.challenge(one)).map(({ id }) => id) };
    },
  }),
  route({
    method: 'GET',
    path: '/sent',
    summary: 'Mail and activity notifications that apps sent through Graph',
    run: ({ twin: { microsoft365 } }) => ({
      items: microsoft365.sent.all(),
      activityTypes: [...microsoft365.sent.activityTypes],
      withoutApp: [...microsoft365.sent.withoutApp],
    }),
  }),
  route({
    method: 'PATCH',
    path: '/sent',
    summary: 'What the Teams app declares, and who does not have it',
    body: schemas.sentChange,
    run: ({ twin: { microsoft365 } }, { body }) => {
      const { sent } = microsoft365;
      for (const [held, wanted] of [
        [sent.activityTypes, body.activityTypes],
        [sent.withoutApp, body.withoutApp],
      ] as const) {
        if (!wanted) continue;
        held.clear();
        for (const one of wanted) held.add(one);
      }
      return { activityTypes: [...sent.activityTypes], withoutApp: [...sent.withoutApp] };
    },
  }),
  route({
    method: 'DELETE',
    path: '/sent',
    summary: 'Forget what apps sent',
    run: ({ twin }) => ({ removed: twin.microsoft365.sent.clear() }),
  }),
  route({
    method: 'GET',
    path: '/mail',
    summary: 'Mail that the SMTP server took, newest last; by recipient, and as soon as there is something',
    query: schemas.mailQuery,
    run: async ({ twin, clock }, { query }) => ({
      settings: twin.mail.settings,
      known: mailFaults,
      mails: await twin.mail.box.wait(
        {
          ...(query.to === undefined ? {} : { to: query.to }),
          ...(query.after === undefined ? {} : { after: query.after }),
        },
        query.wait ?? 0,
        (ms, fire) => clock.after(ms, fire),
      ),
    }),
  }),
  route({
    method: 'PATCH',
    path: '/mail',
    summary: 'What the SMTP server does wrong',
    body: schemas.mailChange,
    run: ({ twin }, { body }) => twin.mail.change(defined(body)),
  }),
  route({
    method: 'DELETE',
    path: '/mail',
    summary: 'Throw all mail away',
    run: ({ twin }) => ({ removed: twin.mail.box.clear() }),
  }),
];
