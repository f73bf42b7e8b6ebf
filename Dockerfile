# For production with a PostgreSQL of your own (see docs/operating/production.md).
# Untested: no container engine was at hand where this was written. Please report what does not work.
FROM node:26-slim
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --omit=optional
COPY . .
USER node
ENV TOLLGATE_HOST=0.0.0.0 TOLLGATE_DATA=/data TOLLGATE_LOG_FORMAT=json
EXPOSE 4242
CMD ["node", "cli/tollgate.ts", "start"]
