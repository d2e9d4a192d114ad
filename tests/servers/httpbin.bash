# httpbin: an HTTP peer with every status, redirects, delays, streams and an echo of what it received.

httpbin_install() { python_packages httpbin httpbin==0.10.4 gunicorn==27.0.1; }

# --worker-tmp-dir: its default is shared memory, which small containers do not have.
httpbin_start() {
    start httpbin "${python:?}" -m gunicorn --bind '127.0.0.1:{port}' --worker-class gthread --threads 16 --worker-tmp-dir . httpbin:app
}

httpbin_ready() { http_ok "$1/get"; }
