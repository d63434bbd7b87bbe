import { matches, readIfMatch } from '@gaia/http-service/conditional-requests';
import { bearer, bodyRefusals, IfMatch, problems, SiteParams, siteRefusals } from '@gaia/http-service/route-schemas';
import type { Service } from '@gaia/http-service/service';
import { fits, qualities } from '@gaia/image-variants/ladder';
import { requireScope, requireSite } from '@gaia/token-guard/requirements';
import { Type } from 'typebox';
import { problem } from '../errors.ts';
import type { ImageSettings, ImageSettingsStore, NamedPreset } from './image-settings.ts';
import { PRESET_NAME } from './variant-request.ts';

const MAX_PRESETS = 50;
const LONGEST_EDGE = 3840;

const edge = () => Type.Integer({ minimum: 1, maximum: LONGEST_EDGE });

const members = {
  presets: Type.Record(
    Type.String({ pattern: PRESET_NAME }),
    Type.Object(
      {
        width: edge(),
        height: Type.Optional(edge()),
        fit: Type.Optional(Type.String({ enum: [...fits], description: 'With a height, and only then' })),
        quality: Type.Optional(Type.Integer({ enum: [...qualities] })),
      },
      { additionalProperties: false },
    ),
    { maxProperties: MAX_PRESETS, additionalProperties: false, description: 'Boxes beside the ladder, by name' },
  ),
  immutable: Type.Boolean({
    description:
      'Addresses that name the bytes of a public image may be kept for a year. What was public stays in caches then, also after ' +
      'it is closed or deleted: empty them yourself',
  }),
};

const Settings = Type.Object(members, { additionalProperties: false, title: 'ImageSettingsChange' });

const SettingsResponse = Type.Object({ ...members, version: Type.Integer() }, { title: 'ImageSettings' });

/** `GET` and `PUT /assets/sites/:site/image-settings`. To be registered under a guard. */
export function registerImageSettings(app: Service, settings: ImageSettingsStore): void {
  const response = ({ presets, immutable, version }: ImageSettings) => ({
    presets: Object.fromEntries(Object.entries(presets).map(([name, preset]) => [name, { ...preset }])),
    immutable,
    version,
  });

  app.get(
    '/assets/sites/:site/image-settings',
    {
      onRequest: [requireSite(), requireScope('assets:write')],
      schema: {
        operationId: 'getImageSettings',
        summary: 'Get what a site asks of its images',
        description: 'Presets, and whether addresses that name the bytes may be kept for good.',
        tags: ['files'],
        ...bearer,
        params: SiteParams,
        response: { 200: SettingsResponse, ...problems(siteRefusals) },
      },
    },
    async (request) => response(await settings.of(request.params.site)),
  );

  app.put(
    '/assets/sites/:site/image-settings',
    {
      onRequest: [requireSite(), requireScope('site:manage')],
      schema: {
        operationId: 'setImageSettings',
        summary: 'Set what a site asks of its images',
        description:
          'In place of all that was set before. `If-Match: "VERSION"` refuses to do so over a change of others. Other replicas follow within five seconds.',
        tags: ['files'],
        ...bearer,
        params: SiteParams,
        headers: IfMatch,
        body: Settings,
        response: {
          200: SettingsResponse,
          ...problems({ ...siteRefusals, 400: bodyRefusals, 412: ['version_conflict'] }),
        },
      },
    },
    async (request) => {
      const expected = readIfMatch(request.headers['if-match']);
      const { presets, immutable } = request.body;
      for (const [name, preset] of Object.entries(presets)) refuseHalfBox(name, preset as NamedPreset);
      const wanted = { presets: presets as Record<string, NamedPreset>, immutable };
      const changed = await settings.replace(request.params.site, wanted, (version) => matches(expected, version));
      if (changed === undefined) throw problem('version_conflict');
      return response(changed);
    },
  );
}

function refuseHalfBox(name: string, { height, fit }: NamedPreset): void {
  if ((height === undefined) === (fit === undefined)) return;
  const path = `/body/presets/${name}`;
  const message = 'must have a height and a fit, or neither';
  throw problem('validation_failed', { detail: `${path} ${message}.`, errors: [{ path, message }] });
}
