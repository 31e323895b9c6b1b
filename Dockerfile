FROM python:3.13-slim AS build
WORKDIR /src
RUN python -m venv /opt/heliopost
COPY requirements.txt ./
RUN /opt/heliopost/bin/pip install --no-cache-dir --require-hashes --requirement requirements.txt
COPY pyproject.toml README.md LICENSE ./
COPY app app
COPY simulator simulator
RUN /opt/heliopost/bin/pip install --no-cache-dir --no-deps --no-build-isolation . \
    && /opt/heliopost/bin/python -m compileall -q /opt/heliopost/lib

FROM python:3.13-slim
RUN useradd --system --uid 1000 --home-dir /data heliopost && install -d -o heliopost /data /config
COPY --from=build /opt/heliopost /opt/heliopost
ENV PATH=/opt/heliopost/bin:$PATH PYTHONUNBUFFERED=1
USER heliopost
WORKDIR /config
VOLUME /data
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD ["heliopost", "healthcheck"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["heliopost"]
CMD ["run"]
