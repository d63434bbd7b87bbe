# One file for every service: docker build --build-arg SERVICE=auth .
# Node runs the TypeScript of the services without a build step.
ARG NODE_IMAGE=node:26-bookworm-slim

# What decides which packages are installed, and nothing else: the layer after it is built anew only when this changes.
FROM ${NODE_IMAGE} AS manifests
WORKDIR /gaia
COPY . .
RUN find . -type f ! -name package.json ! -name pnpm-lock.yaml ! -name pnpm-workspace.yaml -delete \
 && find . -type d -empty -delete

# Fetched once for all services. The lockfile says which packages, each with its hash.
FROM ${NODE_IMAGE} AS fetched
RUN npm install --global --no-audit --no-fund --loglevel=error pnpm@12.21.0
WORKDIR /gaia
COPY --from=manifests /gaia ./
RUN pnpm install --prod --frozen-lockfile --trust-lockfile --reporter=append-only \
      --filter-prod './services/*...' --filter-prod '@gaia/cli...'

# Only what the one service needs, and the command line for `docker compose exec auth gaia`. The Node that npm start pins
# belongs to the workspace, and stays out.
FROM fetched AS installed
ARG SERVICE
RUN rm -rf node_modules packages/*/node_modules services/*/node_modules \
 && pnpm install --offline --prod --frozen-lockfile --trust-lockfile --reporter=append-only \
      --filter-prod "@gaia/${SERVICE}..." --filter-prod "@gaia/cli..." \
 && rm -rf node_modules/.bin/node node_modules/node-* node_modules/.pnpm/node-*

FROM ${NODE_IMAGE}
ENV NODE_ENV=production
WORKDIR /gaia
ARG SERVICE
COPY --from=installed /gaia ./
COPY packages packages
COPY services services
# One service an image: the others' sources go, and main.ts leads to the one that stays.
RUN find services -mindepth 1 -maxdepth 1 -type d ! -name "${SERVICE}" -exec rm -r {} + \
 && ln -s "$(ls -d services/${SERVICE} packages/${SERVICE} 2>/dev/null | head -n 1)/src/main.ts" main.ts \
 && ln -s /gaia/packages/cli/src/main.ts /usr/local/bin/gaia \
 && mkdir -p /data && chown node:node /data
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Gaia ${SERVICE}" \
      org.opencontainers.image.description="A self-hosted, multi-site headless CMS with authentication as a service of its own" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.revision="${REVISION}"
USER node
# Node is process 1 and handles SIGTERM itself: it finishes open requests and ends.
ENTRYPOINT ["node", "main.ts"]
