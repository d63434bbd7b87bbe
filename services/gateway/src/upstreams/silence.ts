/** A service that has gone silent: it takes connections and answers nothing, not even that it is alive. */
export class ServiceSilent extends Error {
  readonly code = 'GAIA_SERVICE_SILENT';
  constructor() {
    super('the service has gone silent');
    this.name = 'ServiceSilent';
  }
}
