# One image for everything: which service, and in which mode, is the command (deploy/k8s, compose.yaml).
# Nothing is written but /tmp; the user is a number, so that runAsNonRoot can be checked.

# The charts and htmx of the pages, in the versions of the lock file.
FROM node:22-slim AS scripts
WORKDIR /src
COPY services/gateway/package.json services/gateway/package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund

FROM python:3.12-slim AS build
WORKDIR /src
RUN python -m venv /opt/yiwang
ENV PATH=/opt/yiwang/bin:$PATH PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
# What proto/generate.py needs, in the versions of pyproject.toml (a test compares). In a venv of its own: not for the image.
RUN python -m venv /opt/generate \
    && /opt/generate/bin/pip install "grpcio-tools==1.85.1" "mypy-protobuf>=5.1" "protobuf==7.36.2" "protovalidate==2.1.0"
COPY proto proto
RUN /opt/generate/bin/python proto/generate.py
COPY pyproject.toml README.md ./
COPY chassis chassis
COPY standards standards
COPY services services
COPY yiwang_kit yiwang_kit
COPY --from=scripts /src/node_modules/echarts/dist/echarts.simple.min.js /src/node_modules/htmx.org/dist/htmx.min.js services/gateway/static/
RUN pip install .

FROM python:3.12-slim
# A TrueType font with Chinese characters (4 MB), which the label sheets of the gateway embed.
RUN apt-get update && apt-get install -y --no-install-recommends fonts-droid-fallback && rm -rf /var/lib/apt/lists/*
COPY --from=build /opt/yiwang /opt/yiwang
ENV PATH=/opt/yiwang/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /tmp
USER 10001:10001
EXPOSE 50051 8000
CMD ["python", "-c", "raise SystemExit('say which: python -m services.<name> api | worker, or python -m services.gateway')"]
