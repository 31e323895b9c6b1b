# Heliopost's image: the bridge, and the simulated cloud of the demo. docs/install/compose.md says how to run it.
#
# What is installed is what requirements.txt lists, held to by its hashes; the base is pinned to a patch release.
# To take a newer one: --build-arg BASE=python:3.13.17-slim-trixie
ARG BASE=python:3.13.16-slim-trixie

FROM ${BASE} AS build
WORKDIR /src
COPY requirements.txt ./
# amd64 and arm64 have wheels of everything. 32-bit ARM (a Raspberry Pi 2 or 3 with a 32-bit system) has none of PyYAML,
# psutil, cffi and argon2-cffi-bindings; they are compiled here, and the compiler stays behind in this stage.
# hadolint ignore=DL3008
RUN if [ "$(dpkg --print-architecture)" = armhf ]; then \
        apt-get update && apt-get install --yes --no-install-recommends gcc libc6-dev libffi-dev; \
    fi
# Bytecode is written below, in a form that does not depend on file times.
RUN python -m venv --without-pip /opt/heliopost \
    && pip --python /opt/heliopost/bin/python install --no-cache-dir --no-compile --require-hashes --requirement requirements.txt
COPY pyproject.toml README.md LICENSE ./
COPY app app
COPY simulator simulator
# setuptools builds our wheel and is of no use afterwards.
RUN pip --python /opt/heliopost/bin/python install --no-cache-dir --no-compile --no-deps --no-build-isolation . \
    && pip --python /opt/heliopost/bin/python uninstall --yes setuptools \
    && /opt/heliopost/bin/python -m compileall -q --invalidation-mode unchecked-hash /opt/heliopost/lib

FROM ${BASE}
# The base's pip, and the copy of it that Python keeps to make one anew: nothing is installed in a container.
RUN python -c "import ensurepip, pip, pathlib, shutil; homes = [pathlib.Path(module.__file__).parent for module in (ensurepip, pip)]; [shutil.rmtree(home) for home in [*homes, *homes[1].parent.glob('pip-*.dist-info')]]" \
    && rm -f /usr/local/bin/pip* /usr/bin/pip*
# A fixed number: whoever mounts a file or a folder must be able to say whom it belongs to.
RUN groupadd --gid 1000 heliopost \
    && useradd --uid 1000 --gid 1000 --home-dir /data --no-create-home --shell /usr/sbin/nologin heliopost \
    && install -d -o heliopost -g heliopost -m 0700 /data \
    && install -d /config
COPY --from=build /opt/heliopost /opt/heliopost
ENV PATH=/opt/heliopost/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
# The base comes without the bytecode of Python's own library, and on a read-only root it could never be written: each
# start and each health check would compile anew. This compiles what they import, and nothing else.
RUN PYTHONDONTWRITEBYTECODE="" python -c "import app.daemon, app.cli.run, app.cli.check, app.cli.healthcheck, app.providers.growatt, simulator.growatt.standalone"
USER 1000:1000
WORKDIR /config
VOLUME /data
EXPOSE 9876
HEALTHCHECK --interval=30s --timeout=10s --start-period=1m --retries=3 CMD ["heliopost", "healthcheck"]
# The bridge is process 1 and handles SIGTERM itself; it starts no other process, so that none is left to collect.
STOPSIGNAL SIGTERM
ENTRYPOINT ["heliopost"]
CMD ["run"]
# Last, so that another commit does not make the layers above anew.
ARG VERSION=0.1.0
ARG SOURCE=""
# The commit, and the time in the form 2026-11-21T16:00:00Z.
ARG REVISION=""
ARG CREATED=""
LABEL org.opencontainers.image.title="Heliopost" \
      org.opencontainers.image.description="Solar inverter clouds (Growatt) to MQTT, Home Assistant and Prometheus" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"
