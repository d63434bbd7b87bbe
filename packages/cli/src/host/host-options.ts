import { flag, text } from '../option.ts';

export const userAddress = text({ placeholder: '<email>', doc: "the user's address", required: true });

export const force = flag({ doc: 'also where it leaves a site without an owner' });
