import type { AssistantsClient } from '@vapi-ai/server-sdk/assistants';
import * as z from 'zod/mini';
import type {
  Created,
  Found,
  ListQuery,
  LiveAssistant,
  Removed,
  Updated,
  VapiAccount,
} from '../../domain/account/vapi-account.ts';
import type { JsonObject } from '../../domain/json.ts';
import { toResource, type UpstreamRequests, windowQuery } from './requests.ts';

type CreateBody = Parameters<AssistantsClient['create']>[0];
type UpdateBody = Omit<Parameters<AssistantsClient['update']>[0], 'id'>;
/** The SDK sends what it is given: fields that are newer than its types reach Vapi too. */
const createBody = z.custom<CreateBody>((value) => typeof value === 'object' && value !== null);
const updateBody = z.custom<UpdateBody>((value) => typeof value === 'object' && value !== null);

/** Lists one thing of some kind in an account. */
type ListOne = () => Promise<readonly { vapiOrgId?: string }[]>;

export interface SdkOptions<Client> {
  client: Client;
  requests: UpstreamRequests;
  keyFingerprint: string;
}

/** The assistants of one Vapi account through the official SDK. */
export class SdkVapiAccount implements VapiAccount {
  readonly #client: AssistantsClient;
  readonly #requests: UpstreamRequests;
  /** What else is in the account. */
  readonly #others: readonly ListOne[];
  readonly keyFingerprint: string;

  constructor({
    client,
    requests,
    keyFingerprint,
    others,
  }: SdkOptions<AssistantsClient> & { others: readonly ListOne[] }) {
    this.#client = client;
    this.#others = others;
    this.#requests = requests;
    this.keyFingerprint = keyFingerprint;
  }

  async get(id: string): Promise<Found> {
    return await this.#requests.repeatedly<Found>({
      verb: 'GET',
      send: async (options) => ({ kind: 'found', assistant: toResource(await this.#client.get({ id }, options)) }),
      whenMissing: { kind: 'missing' },
    });
  }

  async create(payload: JsonObject): Promise<Created> {
    const body = createBody.parse(payload);
    const sent = await this.#requests.post(async (options) => toResource(await this.#client.create(body, options)));
    return sent.kind === 'replied' ? { kind: 'created', assistant: sent.reply } : sent;
  }

  async update(id: string, patch: JsonObject): Promise<Updated> {
    const body = updateBody.parse(patch);
    return await this.#requests.repeatedly<Updated>({
      verb: 'PATCH',
      send: async (options) => ({
        kind: 'updated',
        assistant: toResource(await this.#client.update({ ...body, id }, options)),
      }),
      whenMissing: { kind: 'missing' },
    });
  }

  async remove(id: string): Promise<Removed> {
    return await this.#requests.remove((options) => this.#client.delete({ id }, options));
  }

  async list(query: ListQuery): Promise<LiveAssistant[]> {
    return await this.#requests.list((options) => this.#client.list(windowQuery(query), options));
  }

  async whose(): Promise<string | undefined> {
    const kinds: ListOne[] = [() => this.list({ limit: 1 }), ...this.#others];
    for (const listOne of kinds) {
      const [first] = await listOne();
      if (first?.vapiOrgId) return first.vapiOrgId;
    }
    return undefined;
  }
}
