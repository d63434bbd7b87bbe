import type { Files } from '../files/files.ts';
import type { Images } from './images.ts';

const AT_ONCE = 50;

/**
 * Looks at images of before this was done at the upload, and at those whose upload found too much waiting; gives how many
 * of them are described now.
 */
export async function describeImages(
  files: Pick<Files, 'undescribedImages'>,
  images: Pick<Images, 'describe'>,
): Promise<number> {
  const found = await files.undescribedImages(AT_ONCE);
  let described = 0;
  for (const file of found) if ((await images.describe(file, 'background')).imageDescribed) described += 1;
  return described;
}
