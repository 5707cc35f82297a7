import type { FastifyReply } from 'fastify';
import type { Phone } from '../phone/phone.ts';
import type { PhoneCall } from '../phone/phone-call.ts';
import { problem } from './problem.ts';
import { type Route, type RouteContext, route } from './route.ts';
import * as schemas from './schemas.ts';

/** Softphones as their owners use them. */

const noPhone = (reply: FastifyReply, name: string) =>
  problem(reply, 404, 'unknown-phone', `there is no phone ${name}: see GET /phones`);

const phoneOf = ({ twin }: RouteContext, name: string | undefined): Phone | undefined =>
  twin.phones.get((name ?? '').toLowerCase());

function callOf(phone: Phone, id: string | undefined): PhoneCall | string {
  const calls = [...phone.calls.values()];
  if (id !== undefined) return phone.calls.get(id) ?? `no call ${id}`;
  if (calls.length === 1) return calls[0] as PhoneCall;
  return calls.length === 0 ? 'there is no call' : 'there are several calls: say which';
}

const actions: Record<
  string,
  (call: PhoneCall, digits: string | undefined) => Promise<string | undefined> | string | undefined
> = {
  answer: (call) => {
    if (!call.answer) return 'it does not ring';
    call.answer();
    return undefined;
  },
  decline: (call) => {
    if (!call.refuse) return 'it does not ring';
    call.refuse(603);
    return undefined;
  },
  hold: (call) => call.reoffer('sendonly'),
  resume: (call) => call.reoffer('sendrecv'),
  digits: (call, digits) => {
    if (digits === undefined) return 'digits are missing';
    return (call.party?.sendDigits(digits) ?? 0) > 0 ? undefined : 'telephone-event was not agreed on';
  },
  hangup: (call) => {
    call.hangUp();
    return undefined;
  },
};

export const phoneRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/phones',
    summary: 'The softphones of the rehearsal world',
    run: ({ twin }) => [...twin.phones.values()].map((phone) => phone.view()),
  }),
  route({
    method: 'GET',
    path: '/phones/:name',
    summary: 'Registration, calls and call history of a phone',
    run: (context, { params }, reply) =>
      phoneOf(context, params.name)?.view() ?? noPhone(reply, params.name ?? ''),
  }),
  route({
    method: 'PATCH',
    path: '/phones/:name',
    summary:
      'Registers or unregisters it, over which transport, and how it takes calls; answers when that is done',
    body: schemas.phoneChange,
    run: async (context, { params, body }, reply) => {
      const phone = phoneOf(context, params.name);
      if (!phone) return noPhone(reply, params.name ?? '');
      if (body.answers) phone.answers = body.answers;
      const wanted = body.registered ?? (body.transport !== undefined && phone.registered);
      if (body.transport !== undefined && !wanted) phone.transport = body.transport;
      const fault = wanted
        ? await phone.register(body.transport)
        : body.registered === false
          ? await phone.unregister()
          : undefined;
      return fault === undefined ? phone.view() : problem(reply, 409, 'not-registered', fault);
    },
  }),
  route({
    method: 'POST',
    path: '/phones/:name/call',
    summary: 'The phone calls a number or an extension; answers when the INVITE is out',
    body: schemas.phoneCallTo,
    run: async (context, { params, body }, reply) => {
      const phone = phoneOf(context, params.name);
      return phone ? (await phone.place(body.to)).view() : noPhone(reply, params.name ?? '');
    },
  }),
  ...Object.keys(actions).map((action) =>
    route({
      method: 'POST',
      path: `/phones/:name/${action}`,
      summary: `The phone does: ${action}`,
      body: schemas.phoneAction,
      run: async (context, { params, body }, reply) => {
        const phone = phoneOf(context, params.name);
        if (!phone) return noPhone(reply, params.name ?? '');
        const call = callOf(phone, body.call);
        if (typeof call === 'string') return problem(reply, 409, 'no-call', call);
        const why = await actions[action]?.(call, body.digits);
        return why === undefined ? call.view() : problem(reply, 409, 'not-possible', why);
      },
    }),
  ),
];
