import type { PhoneNumbersClient } from '@vapi-ai/server-sdk/phoneNumbers';
import * as z from 'zod/mini';
import type { LivePhoneNumber, VapiPhoneNumbers } from '../../domain/account/vapi-account.ts';
import type { SdkOptions } from './assistants.ts';
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

type AssignBody = Parameters<PhoneNumbersClient['update']>[0]['body'];
/** Only `assistantId` is sent: the SDK's type asks for the provider, Vapi does not. */
const assignBody = z.custom<AssignBody>((value) => typeof value === 'object' && value !== null);

/** The phone numbers of one Vapi account through the official SDK. */
export class SdkVapiPhoneNumbers implements VapiPhoneNumbers {
  readonly #client: PhoneNumbersClient;
  readonly #requests: UpstreamRequests;
  readonly keyFingerprint: string;

  constructor({ client, requests, keyFingerprint }: SdkOptions<PhoneNumbersClient>) {
    this.#client = client;
    this.#requests = requests;
    this.keyFingerprint = keyFingerprint;
  }

  async get(id: string): ReturnType<VapiPhoneNumbers['get']> {
    return await this.#requests.repeatedly<Awaited<ReturnType<VapiPhoneNumbers['get']>>>({
      verb: 'GET',
      send: async (options) => ({ kind: 'found', phoneNumber: toPhoneNumber(await this.#client.get({ id }, options)) }),
      whenMissing: { kind: 'missing' },
    });
  }

  async list({ until, limit }: Parameters<VapiPhoneNumbers['list']>[0]): ReturnType<VapiPhoneNumbers['list']> {
    const query = { limit, ...(until ? { createdAtLe: until } : {}) };
    return await this.#requests.repeatedly({
      verb: 'LIST',
      send: async (options) => toList(await this.#client.list(query, options)),
    });
  }

  async assign(id: string, assistantId: string | null): ReturnType<VapiPhoneNumbers['assign']> {
    const body = assignBody.parse({ assistantId });
    return await this.#requests.repeatedly<Awaited<ReturnType<VapiPhoneNumbers['assign']>>>({
      verb: 'PATCH',
      send: async (options) => {
        await this.#client.update({ id, body }, options);
        return { kind: 'assigned' };
      },
      whenMissing: { kind: 'missing' },
    });
  }
}

const listSchema = z.lazy(() => z.array(z.looseObject({ createdAt: z.string(), orgId: z.optional(z.string()) })));

function toList(reply: unknown) {
  const parsed = listSchema.safeParse(reply);
  if (!parsed.success) throw unreadable();
  return parsed.data.map((number) => {
    const { createdAt, orgId: vapiOrgId } = number;
    return { ...toPhoneNumber(number), createdAt, ...(vapiOrgId ? { vapiOrgId } : {}) };
  });
}

function toPhoneNumber(reply: unknown): LivePhoneNumber {
  const parsed = phoneNumberSchema.safeParse(reply);
  if (!parsed.success) throw unreadable();
  const { id, assistantId, squadId, workflowId } = parsed.data;
  return { id, ...(assistantId ? { assistantId } : {}), isTakenOtherwise: Boolean(squadId || workflowId) };
}
