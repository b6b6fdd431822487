# A node in a container: docker build -f docker/edge.Dockerfile -t keng-edge .
# Serial ports and GPIO chips are handed in with --device. The PyAV wheel brings FFmpeg with GPL codecs: an image that
# holds it must meet the GPL for that part; leave out the lock's `av` where no camera is wanted.
# A speaker needs two programs more in the second stage: espeak-ng and alsa-utils.
FROM python:3.11-slim-bookworm AS build
WORKDIR /source
COPY docker/requirements-edge.lock docker/
RUN python -m venv /opt/keng && /opt/keng/bin/pip install --no-cache-dir --require-hashes -r docker/requirements-edge.lock
COPY wire wire
COPY firmware-bridges firmware-bridges
COPY edge edge
RUN /opt/keng/bin/pip install --no-cache-dir --no-deps ./wire ./firmware-bridges ./edge

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 990 --groups dialout --create-home --home-dir /var/lib/keng keng
COPY --from=build /opt/keng /opt/keng
USER keng
VOLUME /var/lib/keng
ENTRYPOINT ["/opt/keng/bin/keng-edge"]
CMD ["run", "--config", "/etc/keng/edge.toml"]
