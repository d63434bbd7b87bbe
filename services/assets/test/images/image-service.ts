import { expect } from 'vitest';
import { type AssetsService, AUTHOR, startAssets } from '../assets-service.ts';

export interface ImageService extends AssetsService {
  /** Uploads bytes; gives what is told of them. */
  image(
    bytes: Buffer,
    more?: { name?: string; type?: string; visibility?: string },
  ): Promise<Record<string, unknown> & { id: string }>;
  /** Asks for a file as a member, or as somebody else. */
  get(path: string, headers?: Record<string, string>): ReturnType<AssetsService['app']['inject']>;
}

/** The service, taking larger files. */
export async function startImages(env: Readonly<Record<string, string>> = {}): Promise<ImageService> {
  const service = await startAssets({ ASSETS_MAX_BYTES: '20000000', ASSETS_IMAGE_WORKERS: '2', ...env });
  return {
    ...service,
    async image(bytes, { name = 'picture.jpg', type = 'image/jpeg', visibility = 'public' } = {}) {
      const answer = await service.upload(
        [
          { name: 'visibility', content: visibility },
          { name: 'file', content: bytes, fileName: name, type },
        ],
        AUTHOR,
      );
      expect(answer.statusCode, answer.body).toBe(201);
      return answer.json();
    },
    get: (url, headers = {}) => service.app.inject({ url, headers }) as ReturnType<AssetsService['app']['inject']>,
  };
}
