# charon-init in images, for BuildKit and for the classic builder, which builds every stage up to the one asked for:
# the stages that need no registry come first.
#
#   docker build --target prebuilt -t charon-init .     the binary that examples/build-static left in target/static
#   docker build --target init -t charon-init .         the same, compiled here
#   docker build -t charon .                            Charon with charon-init in front
#
# Another image takes the binary from either: COPY --from=charon-init /charon-init /charon-init

ARG RUST_IMAGE=rust:1-alpine
ARG CHARON_IMAGE=ghcr.io/wikid82/charon:latest

FROM scratch AS prebuilt
COPY target/static/charon-init /charon-init
# No "--": what follows the image's name may be an option of ours, as in `docker run IMAGE --dry-run`.
ENTRYPOINT ["/charon-init"]

FROM ${RUST_IMAGE} AS build
WORKDIR /src
COPY . .
RUN examples/build-static

FROM scratch AS init
COPY --from=build /src/target/static/charon-init /charon-init
ENTRYPOINT ["/charon-init"]

FROM ${CHARON_IMAGE} AS charon
COPY --from=init /charon-init /charon-init
# Caddy binds ports 80 and 443 through a file capability; without it in the bounding set the kernel would not run Caddy.
# What earlier starts have left in the volumes is root's. A shell as PID 1 never hears of a TERM that comes before its trap.
ENV CHARON_INIT_KEEP_CAPS=net_bind_service \
    CHARON_INIT_OWN=/app/data:/config \
    CHARON_INIT_INIT=true
# charon-init starts as root, to leave root for good; an image whose last USER is another would keep it from both.
USER root
ENTRYPOINT ["/charon-init"]
# Setting ENTRYPOINT drops the CMD of the image below. This is Charon's own entrypoint.
CMD ["/docker-entrypoint.sh"]
