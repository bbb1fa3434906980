import type {
  Created,
  Found,
  ListQuery,
  Removed,
  Resource,
  Updated,
  VapiCollection,
} from '../../domain/account/vapi-account.ts';
import type { JsonObject } from '../../domain/json.ts';
import { toResource, toResources, type UpstreamRequests } from './requests.ts';

/** The resources of one kind in one Vapi account, below a path: `/assistant`, `/tool`. */
export class JsonCollection implements VapiCollection {
  readonly #path: string;
  readonly #requests: UpstreamRequests;

  constructor(path: string, requests: UpstreamRequests) {
    this.#path = path;
    this.#requests = requests;
  }

  async get(id: string): Promise<Found> {
    return await this.#requests.repeatedly<Found>({
      verb: 'GET',
      request: { path: this.#pathOf(id) },
      read: (reply) => ({ kind: 'found', resource: toResource(reply) }),
      whenMissing: { kind: 'missing' },
    });
  }

  async create(payload: JsonObject): Promise<Created> {
    const sent = await this.#requests.post({ path: this.#path, body: payload }, toResource);
    return sent.kind === 'replied' ? { kind: 'created', resource: sent.reply } : sent;
  }

  async update(id: string, patch: JsonObject): Promise<Updated> {
    return await this.#requests.repeatedly<Updated>({
      verb: 'PATCH',
      request: { path: this.#pathOf(id), body: patch },
      read: (reply) => ({ kind: 'updated', resource: toResource(reply) }),
      whenMissing: { kind: 'missing' },
    });
  }

  async remove(id: string): Promise<Removed> {
    return await this.#requests.repeatedly<Removed>({
      verb: 'DELETE',
      request: { path: this.#pathOf(id) },
      read: () => ({ kind: 'removed' }),
      whenMissing: { kind: 'missing' },
    });
  }

  async list({ since, until, limit }: ListQuery): Promise<Resource[]> {
    const query = { limit, createdAtGe: since, createdAtLe: until };
    return await this.#requests.repeatedly({ verb: 'LIST', request: { path: this.#path, query }, read: toResources });
  }

  #pathOf(id: string): string {
    return `${this.#path}/${encodeURIComponent(id)}`;
  }
}
