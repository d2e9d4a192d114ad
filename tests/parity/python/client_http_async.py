"""HTTP calls of asynchronous programs: httpx and the client of aiohttp here, reqwest in Rust."""

import asyncio

import aiohttp
import httpx
from aws_xray_sdk.core import patch
from aws_xray_sdk.core.async_context import AsyncContext
from aws_xray_sdk.ext.aiohttp.client import aws_xray_trace_config

from scenario import recorder, refused_url, scenario, url


async def httpx_get(address):
    async with httpx.AsyncClient(follow_redirects=True) as client:
        return (await client.get(address)).status_code


async def aiohttp_get(address):
    async with aiohttp.ClientSession(trace_configs=[aws_xray_trace_config()]) as session:
        async with session.get(address) as response:
            return response.status


def run(get, *addresses, sampling=1):
    patch(["httpx"])

    async def main():
        recorder.configure(sampling=False, context=AsyncContext())
        async with recorder.in_segment_async("shop", sampling=sampling):
            for address in addresses:
                try:
                    print(await get(address))
                except (httpx.TransportError, aiohttp.ClientError):
                    print("failed")

    asyncio.run(main())


STATUSES = ("200", "404", "429", "500")


@scenario
def httpx_statuses():
    run(httpx_get, *(url(f"/status/{status}") for status in STATUSES))


@scenario
def httpx_connection_refused():
    run(httpx_get, refused_url())


@scenario
def httpx_redirect():
    run(httpx_get, url("/redirect"))


@scenario
def httpx_query_string_and_user_info():
    run(httpx_get, url("/status/200?card=4111-1111-1111-1111").replace("http://", "http://customer:secret@"))


@scenario
def httpx_in_an_unsampled_segment():
    run(httpx_get, url("/status/200"), sampling=0)


@scenario
def aiohttp_statuses():
    run(aiohttp_get, *(url(f"/status/{status}") for status in STATUSES))


@scenario
def aiohttp_connection_refused():
    run(aiohttp_get, refused_url())


@scenario
def aiohttp_redirect():
    run(aiohttp_get, url("/redirect"))


@scenario
def aiohttp_in_an_unsampled_segment():
    run(aiohttp_get, url("/status/200"), sampling=0)
