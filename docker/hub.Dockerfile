# The hub in a container: docker build -f docker/hub.Dockerfile -t keng-hub .
FROM python:3.11-slim-bookworm AS build
WORKDIR /source
COPY docker/requirements-hub.lock docker/
RUN python -m venv /opt/keng && /opt/keng/bin/pip install --no-cache-dir --require-hashes -r docker/requirements-hub.lock
COPY wire wire
COPY hub hub
RUN /opt/keng/bin/pip install --no-cache-dir --no-deps ./wire ./hub

FROM python:3.11-slim-bookworm
# Notices of cameras are printed with its letters.
RUN apt-get update && apt-get install -y --no-install-recommends fonts-noto-core && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 990 --create-home --home-dir /var/lib/keng keng
COPY --from=build /opt/keng /opt/keng
USER keng
VOLUME /var/lib/keng
EXPOSE 8080 8885
ENTRYPOINT ["/opt/keng/bin/keng-hub"]
CMD ["run", "--config", "/etc/keng/hub.toml"]
