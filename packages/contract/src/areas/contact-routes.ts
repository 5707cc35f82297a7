import { z } from 'zod';
import { id, page, paging, text } from '../common.ts';
import {
  contactCard,
  contactCards,
  contactChange,
  historyEntry,
  historyKinds,
  line,
  newContact,
} from '../contact.ts';
import { presence } from '../presence.ts';
import { defineRoutes } from '../route.ts';

const byId = z.object({ id });
const ofContact = z.object({ id, contact: id });

/** Who may be called, and whether now is a good time (product-behaviour 2.12, 5.2). */
export const contactRoutes = defineRoutes({
  'contacts.search': {
    method: 'GET',
    path: '/api/v1/accounts/{id}/contacts',
    summary: 'People of the account and of its directory at Microsoft, each once, with numbers and presence',
    permission: 'directory:search',
    account: 'resource',
    params: byId,
    query: z.object({
      search: text(128).describe('Parts of name, address or number, in any order'),
      limit: z.coerce.number().int().min(1).max(100).default(25),
    }),
    response: contactCards,
    problems: [],
  },
  'contacts.own': {
    method: 'GET',
    path: '/api/v1/people/{id}/contacts',
    summary: 'One’s own list: favourites, speed dials, people of one’s own',
    permission: 'contacts:own',
    account: 'resource',
    params: byId,
    response: z.object({ items: z.array(contactCard) }),
    problems: [],
  },
  'contacts.add': {
    method: 'POST',
    path: '/api/v1/people/{id}/contacts',
    summary: 'Put somebody on one’s own list; who is there already is changed',
    permission: 'contacts:own',
    account: 'resource',
    params: byId,
    body: newContact,
    response: contactCard,
    status: 201,
    problems: ['speed-dial-taken', 'too-many-contacts'],
  },
  'contacts.change': {
    method: 'PATCH',
    path: '/api/v1/people/{id}/contacts/{contact}',
    summary: 'Favourite or not, place on the speed dials, name and numbers of one’s own',
    permission: 'contacts:own',
    account: 'resource',
    params: ofContact,
    body: contactChange,
    response: contactCard,
    problems: ['speed-dial-taken'],
  },
  'contacts.remove': {
    method: 'DELETE',
    path: '/api/v1/people/{id}/contacts/{contact}',
    summary: 'Take somebody off one’s own list',
    permission: 'contacts:own',
    account: 'resource',
    params: ofContact,
    status: 204,
    problems: [],
  },
  'contacts.history': {
    method: 'GET',
    path: '/api/v1/people/{id}/call-history',
    summary: 'One’s own finished calls, with who the other side is and how they are now',
    permission: 'contacts:own',
    account: 'resource',
    params: byId,
    query: z.object({ ...paging, kind: z.enum(historyKinds).optional() }),
    response: page(historyEntry),
    problems: [],
  },
  'contacts.lines': {
    method: 'GET',
    path: '/api/v1/people/{id}/lines',
    summary: 'One’s own numbers, extension, phones and Teams, and what happens on them now',
    permission: 'contacts:own',
    account: 'resource',
    params: byId,
    response: z.object({ items: z.array(line), presence: presence.optional() }),
    problems: [],
  },
});
