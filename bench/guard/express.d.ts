declare module 'express' {
  export default function createApp(): unknown;
}
