# ministack: S3 with both request ids, as the service itself has them.

ministack_install() { python_packages ministack ministack==1.5.33; }

# BIND_HOST: its default is every interface of the machine.
ministack_start() {
    start ministack env BIND_HOST=127.0.0.1 GATEWAY_PORT='{port}' MINISTACK_HOST=127.0.0.1 LAMBDA_EXECUTOR=local \
        "${python%/*}/ministack"
}

ministack_ready() { http_ok "$1/_ministack/health"; }
