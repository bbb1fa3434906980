import type { ToolsClient } from '@vapi-ai/server-sdk/tools';
import * as z from 'zod/mini';
import type { ListQuery, LiveTool, Removed, VapiTools } from '../../domain/account/vapi-account.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { SdkOptions } from './assistants.ts';
import { toResource, type UpstreamRequests, windowQuery } from './requests.ts';

type CreateBody = Parameters<ToolsClient['create']>[0];
/** The SDK sends what it is given: types of tools that are newer than the SDK reach Vapi too. */
const createBody = z.custom<CreateBody>((value) => typeof value === 'object' && value !== null);

/** The tools of one Vapi account through the official SDK. */
export class SdkVapiTools implements VapiTools {
  readonly #client: ToolsClient;
  readonly #requests: UpstreamRequests;
  readonly keyFingerprint: string;

  constructor({ client, requests, keyFingerprint }: SdkOptions<ToolsClient>) {
    this.#client = client;
    this.#requests = requests;
    this.keyFingerprint = keyFingerprint;
  }

  async get(id: string): ReturnType<VapiTools['get']> {
    return await this.#requests.repeatedly<Awaited<ReturnType<VapiTools['get']>>>({
      verb: 'GET',
      send: async (options) => ({ kind: 'found', tool: toResource(await this.#client.get({ id }, options)) }),
      whenMissing: { kind: 'missing' },
    });
  }

  async create(definition: JsonObject): ReturnType<VapiTools['create']> {
    const body = createBody.parse(definition);
    const sent = await this.#requests.post(async (options) => toResource(await this.#client.create(body, options)));
    return sent.kind === 'replied' ? { kind: 'created', tool: sent.reply } : sent;
  }

  async remove(id: string): Promise<Removed> {
    return await this.#requests.remove((options) => this.#client.delete({ id }, options));
  }

  async list(query: ListQuery): Promise<LiveTool[]> {
    return await this.#requests.list((options) => this.#client.list(windowQuery(query), options));
  }
}
