# One image for the web server, the worker, beat and the migrations; only the command differs.

FROM ghcr.io/astral-sh/uv:0.13.9 AS uv

FROM python:3.13-slim AS build
COPY --from=uv /uv /usr/local/bin/uv
# The image's own Python, files of our own instead of links into a cache that stays behind.
ENV UV_PYTHON_DOWNLOADS=never UV_PYTHON=/usr/local/bin/python3 UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1
WORKDIR /app
# The packages first: they change less often than the code.
COPY pyproject.toml uv.lock ./
RUN --mount=type=cache,target=/root/.cache/uv uv sync --locked --no-dev
COPY . .
RUN --mount=type=bind,source=compose/check.env,target=/tmp/check.env \
    set -a && . /tmp/check.env && .venv/bin/python manage.py collectstatic --no-input \
    && .venv/bin/python -m compileall -q config notifications intake booking practice

FROM python:3.13-slim
# What sets the type of PDFs, with letters for most names and for emoji.
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends \
    libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 \
    fonts-liberation fonts-dejavu-core fonts-noto-core fonts-noto-color-emoji \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --no-create-home --home-dir /nonexistent attune
WORKDIR /app
COPY --from=build /app /app
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    ATTUNE_ENV=production \
    ATTUNE_BEAT_SCHEDULE=/tmp/celerybeat-schedule \
    MALLOC_ARENA_MAX=2
USER attune
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=6s --start-period=30s --retries=3 \
    CMD ["python", "-m", "config.healthcheck", "web"]
# No access log: a path can be a private link. The application logs routes instead.
CMD ["granian", "--interface=wsgi", "--host=0.0.0.0", "--port=8000", "--workers=2", \
     "--blocking-threads=4", "--no-access-log", "--log-level=warning", \
     "--respawn-failed-workers", "config.wsgi:application"]
