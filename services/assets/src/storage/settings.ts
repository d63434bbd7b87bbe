import { choice, flag, SettingsError, type SettingsOf, secret, text, url } from '@gaia/settings';
import { type StoreKind, storeKinds } from './file-store.ts';
import type { S3Settings } from './s3-client.ts';

export const storageSettings = {
  ASSETS_DIR: text({ doc: 'Directory of the files', fallbackDoc: '`assets` in GAIA_DATA_DIR' }),
  ASSETS_STORE: choice<StoreKind>({
    doc: 'Where new files go. Those that are elsewhere are read from there until `gaia assets move` has moved them',
    fallback: 'disk',
    of: [...storeKinds],
  }),
  ASSETS_S3_BUCKET: text({ doc: 'Bucket of an S3, or of anything that speaks its protocol', fallbackDoc: 'no S3' }),
  ASSETS_S3_ENDPOINT: url({ doc: 'Address of an S3 that is not AWS', protocols: ['http', 'https'] }),
  ASSETS_S3_REGION: text({ doc: 'Region of the bucket', fallback: 'us-east-1' }),
  ASSETS_S3_PREFIX: text({ doc: 'In front of the names of all objects, such as `gaia/`', fallback: '' }),
  ASSETS_S3_ACCESS_KEY_ID: text({
    doc: 'Id of the access key; with ASSETS_S3_SECRET_ACCESS_KEY',
    fallbackDoc: 'what the AWS SDK finds, such as the role of the machine',
  }),
  ASSETS_S3_SECRET_ACCESS_KEY: secret({ doc: 'The access key' }),
  ASSETS_S3_REDIRECT: flag({
    doc: 'Whether downloads are sent to a signed address of the bucket, which works for a minute, instead of going through assets',
    fallback: false,
  }),
};

type StorageConfig = SettingsOf<typeof storageSettings>;

/** The S3 of a configuration, or undefined. Throws SettingsError. */
export function s3Settings(config: StorageConfig): S3Settings | undefined {
  const { ASSETS_S3_ACCESS_KEY_ID: accessKeyId, ASSETS_S3_SECRET_ACCESS_KEY: secretAccessKey } = config;
  const bucket = config.ASSETS_S3_BUCKET;
  if (bucket === undefined) {
    if (config.ASSETS_STORE === 's3') throw new SettingsError(['ASSETS_S3_BUCKET must be set: ASSETS_STORE is s3']);
    return undefined;
  }
  if ((accessKeyId === undefined) !== (secretAccessKey === undefined)) {
    throw new SettingsError(['ASSETS_S3_ACCESS_KEY_ID and ASSETS_S3_SECRET_ACCESS_KEY must be set both, or neither']);
  }
  return {
    bucket,
    region: config.ASSETS_S3_REGION,
    endpoint: config.ASSETS_S3_ENDPOINT,
    prefix: config.ASSETS_S3_PREFIX,
    credentials: accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey } : undefined,
  };
}
