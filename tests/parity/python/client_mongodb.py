"""MongoDB: pymongo here, mongodb in Rust."""

import os

import pymongo
from aws_xray_sdk.core import patch

from scenario import recorder, refused_url, scenario, unique_name


def orders(url=None):
    """A collection that is new for every run."""
    return pymongo.MongoClient(url or os.environ["XRAY_TEST_MONGODB_URL"], serverSelectionTimeoutMS=2000).shop[unique_name()]


def attempt(call, *arguments, **options):
    try:
        call(*arguments, **options)
        print("ok")
    except pymongo.errors.PyMongoError:
        print("failed")


@scenario
def mongodb_commands():
    patch(["pymongo"])
    collection = orders()
    with recorder.in_segment("shop"):
        attempt(collection.insert_one, {"_id": 1411111117, "item": "secret book"})
        attempt(collection.insert_many, [{"_id": 1411111118, "item": "secret pen"}, {"_id": 1411111119, "item": "secret cup"}])
        attempt(collection.update_one, {"_id": 1411111118}, {"$set": {"sent": True}})
        attempt(collection.find_one_and_update, {"_id": 1411111119}, {"$set": {"sent": True}})
        attempt(collection.count_documents, {"sent": True})
        attempt(collection.distinct, "item")
        attempt(collection.create_index, "item")
        attempt(collection.delete_many, {"sent": True})
        attempt(collection.drop)


@scenario
def mongodb_batches():
    patch(["pymongo"])
    collection = orders()
    collection.insert_many([{"_id": number} for number in range(3)])
    with recorder.in_segment("shop"):
        print(len(list(collection.find({}, batch_size=2))), "documents")


@scenario
def mongodb_bad_command():
    patch(["pymongo"])
    collection = orders()
    with recorder.in_segment("shop"):
        attempt(collection.find_one, {"$unknown": "secret"})


@scenario
def mongodb_duplicate_key():
    patch(["pymongo"])
    collection = orders()
    with recorder.in_segment("shop"):
        attempt(collection.insert_one, {"_id": 1411111117})
        attempt(collection.insert_one, {"_id": 1411111117})


@scenario
def mongodb_connection_refused():
    patch(["pymongo"])
    collection = orders(refused_url().replace("http://", "mongodb://") + "/?directConnection=true")
    with recorder.in_segment("shop"):
        attempt(collection.insert_one, {"_id": 1411111117})


@scenario
def mongodb_in_an_unsampled_segment():
    patch(["pymongo"])
    collection = orders()
    with recorder.in_segment("shop", sampling=False):
        attempt(collection.insert_one, {"_id": 1411111117})


@scenario
def mongodb_not_patched():
    collection = orders()
    with recorder.in_segment("shop"):
        attempt(collection.insert_one, {"_id": 1411111117})
