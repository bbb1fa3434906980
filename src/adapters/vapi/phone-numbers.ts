import * as z from 'zod/mini';
import type { LivePhoneNumber, VapiPhoneNumbers } from '../../domain/account/vapi-account.ts';
import { type UpstreamRequests, unreadable } from './requests.ts';

const optionalId = z.optional(z.nullable(z.string()));
const phoneNumberSchema = z.lazy(() =>
  z.looseObject({
    id: z.string(),
    assistantId: optionalId,
    squadId: optionalId,
    workflowId: optionalId,
  }),
);

/** The phone numbers of one Vapi account. */
export class JsonPhoneNumbers implements VapiPhoneNumbers {
  readonly #requests: UpstreamRequests;

  constructor(requests: UpstreamRequests) {
    this.#requests = requests;
  }

  async get(id: string): ReturnType<VapiPhoneNumbers['get']> {
    return await this.#requests.repeatedly<Awaited<ReturnType<VapiPhoneNumbers['get']>>>({
      verb: 'GET',
      request: { path: pathOf(id) },
      read: (reply) => ({ kind: 'found', phoneNumber: toPhoneNumber(reply) }),
      whenMissing: { kind: 'missing' },
    });
  }

  async list({ until, limit }: Parameters<VapiPhoneNumbers['list']>[0]): ReturnType<VapiPhoneNumbers['list']> {
    const query = { limit, createdAtLe: until };
    return await this.#requests.repeatedly({ verb: 'LIST', request: { path: PATH, query }, read: toList });
  }

  /** Sends only `assistantId`: the published schema requires the provider too, but Vapi does not. */
  async assign(id: string, assistantId: string | null): ReturnType<VapiPhoneNumbers['assign']> {
    return await this.#requests.repeatedly<Awaited<ReturnType<VapiPhoneNumbers['assign']>>>({
      verb: 'PATCH',
      request: { path: pathOf(id), body: { assistantId } },
      read: () => ({ kind: 'assigned' }),
      whenMissing: { kind: 'missing' },
    });
  }
}

const PATH = '/phone-number';

function pathOf(id: string): string {
  return `${PATH}/${encodeURIComponent(id)}`;
}

const listSchema = z.lazy(() => z.array(z.looseObject({ createdAt: z.string(), orgId: z.optional(z.string()) })));

function toList(reply: unknown) {
  const parsed = listSchema.safeParse(reply);
  if (!parsed.success) throw unreadable();
  return parsed.data.map((number) => {
    const { createdAt, orgId: vapiOrgId } = number;
    return { ...toPhoneNumber(number), createdAt, vapiOrgId };
  });
}

function toPhoneNumber(reply: unknown): LivePhoneNumber {
  const parsed = phoneNumberSchema.safeParse(reply);
  if (!parsed.success) throw unreadable();
  const { id, assistantId, squadId, workflowId } = parsed.data;
  return { id, assistantId: assistantId ?? undefined, isTakenOtherwise: Boolean(squadId || workflowId) };
}
