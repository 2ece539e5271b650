# The build runs on the machine's own platform and crosses from there.
FROM --platform=$BUILDPLATFORM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY cmd cmd
COPY internal internal
ARG VERSION=dev
ARG TARGETOS=linux
ARG TARGETARCH
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -tags nodemo -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /out/reviewgate ./cmd/reviewgate
RUN mkdir -p /out/data

# The binary, the certificates that forges are checked by, git, which reads the content of
# repositories where that is configured, the terms of what it is made of, and a directory
# that its user may write to.
FROM debian:12.11-slim
RUN apt-get update \
    && apt-get install --no-install-recommends --yes ca-certificates git \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt /var/log/apt /var/log/dpkg.log
COPY --from=build /out/reviewgate /reviewgate
COPY LICENSE deploy/THIRD-PARTY-NOTICES.txt /licenses/
COPY --from=build --chown=65532:65532 /out/data /var/lib/reviewgate
USER 65532:65532
WORKDIR /var/lib/reviewgate
VOLUME /var/lib/reviewgate
EXPOSE 8080
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s CMD ["/reviewgate", "ready", "--config", "/etc/reviewgate/reviewgate.yml"]
ENTRYPOINT ["/reviewgate"]
CMD ["serve", "--config", "/etc/reviewgate/reviewgate.yml"]
