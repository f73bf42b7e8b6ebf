# For production with a PostgreSQL of your own (see docs/operating/production.md).
# Its steps were tried one by one, but no container engine was at hand where this was written: untested as
# a whole. Please report what does not work.
FROM node:26-slim
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Not npm ci: it refuses a lock file that lacks other platforms' optional packages, as npm writes it
# (npm/cli issue 4828). With a lock file npm install takes the versions in it.
RUN npm install --no-save --omit=dev --omit=optional
COPY . .
# A volume takes the owner of the folder that it covers.
RUN mkdir /data && chown node:node /data
USER node
ENV TOLLGATE_HOST=0.0.0.0 TOLLGATE_DATA=/data TOLLGATE_LOG_FORMAT=json
# What bin/launch.mjs sets by the memory that there is.
ENV NODE_OPTIONS=--max-semi-space-size=64
EXPOSE 4242
CMD ["node", "cli/tollgate.ts", "start"]
