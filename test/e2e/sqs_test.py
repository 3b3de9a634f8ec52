"""SQS clients against the real broker: Debian's boto3 (Query protocol), and JSON 1.0 by hand.

Goal: a program written for SQS works when only its endpoint is another; messages survive the death
of the broker; and the same messages are read and written by Kafka clients.
"""

import http.client
import json
import pathlib
import tempfile
import threading
import time
import unittest

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from kafka import KafkaConsumer, KafkaProducer

from broker import Broker, polylog

WAIT_SECONDS = 20


def sqs_client(broker, key="any", secret="any"):
    return boto3.client("sqs", endpoint_url=f"http://{broker.aws}", region_name="us-east-1",
                        aws_access_key_id=key, aws_secret_access_key=secret,
                        config=Config(retries={"max_attempts": 0}, read_timeout=30))


def json_call(broker, operation, **parameters):
    """(status, headers, answer) of a request as newer SDKs send it."""
    connection = http.client.HTTPConnection(broker.aws, timeout=30)
    try:
        connection.request("POST", "/", json.dumps(parameters),
                           {"Content-Type": "application/x-amz-json-1.0",
                            "X-Amz-Target": f"AmazonSQS.{operation}"})
        response = connection.getresponse()
        text = response.read()
        return response.status, response.headers, json.loads(text) if text else None
    finally:
        connection.close()


class SqsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.broker = cls.enterClassContext(Broker())
        cls.sqs = sqs_client(cls.broker)

    def queue(self, **attributes):
        """The URL of a queue of this test's name."""
        name = self.id().rsplit(".", 1)[1][:70]
        if attributes.get("FifoQueue"):
            name += ".fifo"
        return self.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]

    def receive(self, url, **options):
        options = {"MaxNumberOfMessages": 10, "AttributeNames": ["All"],
                   "MessageAttributeNames": ["All"], **options}
        return self.sqs.receive_message(QueueUrl=url, **options).get("Messages", [])

    def bodies(self, url, **options):
        return [message["Body"] for message in self.receive(url, **options)]

    def receive_all(self, url, count):
        received = []
        deadline = time.monotonic() + WAIT_SECONDS
        while len(received) < count and time.monotonic() < deadline:
            received += self.receive(url, WaitTimeSeconds=1)
        return received


class Messages(SqsTest):
    def test_life_of_a_message(self):
        url = self.queue()
        attributes = {"n": {"DataType": "Number", "StringValue": "1493147359900"},
                      "b": {"DataType": "Binary.x", "BinaryValue": b"\0\xff"}}
        text = 'Grüße, <b>"x"</b> &\r\n\t\U0001f600'
        sent = self.sqs.send_message(QueueUrl=url, MessageBody=text, MessageAttributes=attributes)
        message, = self.receive(url)
        self.assertEqual(message["Body"], text)
        self.assertEqual(message["MessageId"], sent["MessageId"])
        self.assertEqual(message["MD5OfBody"], sent["MD5OfMessageBody"])
        self.assertEqual(message["MD5OfMessageAttributes"], sent["MD5OfMessageAttributes"])
        self.assertEqual(message["MessageAttributes"], attributes)
        self.assertEqual(message["Attributes"]["ApproximateReceiveCount"], "1")
        self.assertEqual(self.receive(url), [])
        self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        counts = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        self.assertEqual(counts["ApproximateNumberOfMessages"], "0")
        self.assertEqual(counts["ApproximateNumberOfMessagesNotVisible"], "0")

    def test_a_send_wakes_whoever_waits(self):
        url = self.queue()
        timer = threading.Timer(1, lambda: sqs_client(self.broker).send_message(
            QueueUrl=url, MessageBody="woken"))
        timer.start()
        began = time.monotonic()
        self.assertEqual(self.bodies(url, WaitTimeSeconds=20), ["woken"])
        took = time.monotonic() - began
        timer.join()
        self.assertGreater(took, 0.5)
        self.assertLess(took, 5)

    def test_a_message_comes_again_when_its_timeout_is_over(self):
        url = self.queue(VisibilityTimeout="1")
        self.sqs.send_message(QueueUrl=url, MessageBody="again")
        first, = self.receive(url)
        second, = self.receive(url, WaitTimeSeconds=10)
        self.assertEqual(second["MessageId"], first["MessageId"])
        self.assertEqual(second["Attributes"]["ApproximateReceiveCount"], "2")
        self.assertNotEqual(second["ReceiptHandle"], first["ReceiptHandle"])

    def test_a_timeout_of_zero_hands_the_message_on_at_once(self):
        url = self.queue()
        self.sqs.send_message(QueueUrl=url, MessageBody="next")
        message, = self.receive(url)
        self.sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"],
                                           VisibilityTimeout=0)
        self.assertEqual(self.bodies(url), ["next"])

    def test_batches(self):
        url = self.queue()
        entries = [{"Id": str(i), "MessageBody": f"m{i}"} for i in range(10)]
        sent = self.sqs.send_message_batch(QueueUrl=url, Entries=entries)
        self.assertEqual([entry["Id"] for entry in sent["Successful"]], [e["Id"] for e in entries])
        received = self.receive_all(url, 10)
        self.assertEqual(sorted(message["Body"] for message in received),
                         sorted(entry["MessageBody"] for entry in entries))
        done = self.sqs.delete_message_batch(QueueUrl=url, Entries=[
            {"Id": str(i), "ReceiptHandle": message["ReceiptHandle"]}
            for i, message in enumerate(received[:9])] + [{"Id": "x", "ReceiptHandle": "garbage"}])
        self.assertEqual(len(done["Successful"]), 9)
        self.assertEqual([(f["Id"], f["Code"]) for f in done["Failed"]],
                         [("x", "ReceiptHandleIsInvalid")])

    def test_errors_have_the_types_that_programs_catch(self):
        with self.assertRaises(self.sqs.exceptions.QueueDoesNotExist):
            self.sqs.get_queue_url(QueueName="none")
        url = self.queue()
        with self.assertRaises(self.sqs.exceptions.ReceiptHandleIsInvalid):
            self.sqs.delete_message(QueueUrl=url, ReceiptHandle="garbage")
        with self.assertRaises(self.sqs.exceptions.EmptyBatchRequest):
            self.sqs.send_message_batch(QueueUrl=url, Entries=[])
        with self.assertRaises(self.sqs.exceptions.InvalidMessageContents):
            self.sqs.send_message(QueueUrl=url, MessageBody="\x01")


class OrderedQueues(SqsTest):
    def test_groups_are_kept_in_order_and_apart(self):
        url = self.queue(FifoQueue="true", ContentBasedDeduplication="true")
        for i in range(6):
            self.sqs.send_message(QueueUrl=url, MessageBody=f"{'ab'[i % 2]}{i}",
                                  MessageGroupId="ab"[i % 2])
        first, = self.receive(url, MaxNumberOfMessages=1)
        self.assertEqual(first["Body"], "a0")
        others = self.receive(url)
        self.assertEqual([message["Body"] for message in others], ["b1", "b3", "b5"])
        self.sqs.delete_message(QueueUrl=url, ReceiptHandle=first["ReceiptHandle"])
        self.assertEqual(self.bodies(url), ["a2", "a4"])

    def test_a_message_that_is_sent_twice_is_stored_once(self):
        url = self.queue(FifoQueue="true")
        options = {"QueueUrl": url, "MessageGroupId": "g", "MessageDeduplicationId": "1"}
        first = self.sqs.send_message(MessageBody="x", **options)
        again = self.sqs.send_message(MessageBody="y", **options)
        self.assertEqual(again["MessageId"], first["MessageId"])
        self.assertEqual(again["SequenceNumber"], first["SequenceNumber"])
        message, = self.receive(url)
        self.assertEqual(message["Body"], "x")
        self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        self.sqs.send_message(MessageBody="x", **options)
        self.assertEqual(self.receive(url), [])


class Queues(SqsTest):
    def test_dead_letters_move_with_their_ids(self):
        dead = self.sqs.create_queue(QueueName="dead-letters")["QueueUrl"]
        arn = self.sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])
        policy = {"deadLetterTargetArn": arn["Attributes"]["QueueArn"], "maxReceiveCount": 1}
        url = self.queue(VisibilityTimeout="0", RedrivePolicy=json.dumps(policy))
        sent = self.sqs.send_message(QueueUrl=url, MessageBody="poison")
        self.assertEqual(self.bodies(url), ["poison"])
        self.assertEqual(self.bodies(url), [])
        message, = self.receive_all(dead, 1)
        self.assertEqual(message["MessageId"], sent["MessageId"])
        self.assertTrue(message["Attributes"]["DeadLetterQueueSourceArn"].endswith(
            url.rsplit("/", 1)[1]))
        self.assertEqual(self.sqs.list_dead_letter_source_queues(QueueUrl=dead)["queueUrls"],
                         [url])

    def test_attributes_tags_and_permissions_come_back(self):
        url = self.queue(DelaySeconds="3")
        policy = json.dumps({"Version": "2012-10-17", "Statement": []})
        self.sqs.set_queue_attributes(QueueUrl=url, Attributes={
            "Policy": policy, "KmsMasterKeyId": "alias/x", "MessageRetentionPeriod": "60"})
        shown = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        self.assertEqual(shown["Policy"], policy)
        self.assertEqual(shown["KmsMasterKeyId"], "alias/x")
        self.assertEqual(shown["DelaySeconds"], "3")
        self.assertLess(abs(time.time() - int(shown["CreatedTimestamp"])), 60)
        self.sqs.tag_queue(QueueUrl=url, Tags={"team": "orders"})
        self.assertEqual(self.sqs.list_queue_tags(QueueUrl=url)["Tags"], {"team": "orders"})
        self.sqs.add_permission(QueueUrl=url, Label="l", AWSAccountIds=["111122223333"],
                                Actions=["SendMessage"])
        self.sqs.remove_permission(QueueUrl=url, Label="l")

    def test_a_queue_is_purged_and_deleted(self):
        url = self.queue()
        self.sqs.send_message(QueueUrl=url, MessageBody="x")
        self.sqs.purge_queue(QueueUrl=url)
        self.assertEqual(self.receive(url), [])
        self.sqs.delete_queue(QueueUrl=url)
        with self.assertRaises(self.sqs.exceptions.QueueDoesNotExist):
            self.sqs.send_message(QueueUrl=url, MessageBody="x")

    def test_queues_are_counted_on_the_metrics_page(self):
        url = self.queue()
        name = url.rsplit("/", 1)[1]
        self.sqs.send_message(QueueUrl=url, MessageBody="x")
        _, _, page = self.broker.get("/metrics")
        self.assertIn(f'polylog_queue_messages{{queue="{name}",state="ready"}} 1', page)
        self.assertIn(f'polylog_sqs_sent_total{{queue="{name}"}} 1', page)


class Json(SqsTest):
    def test_the_life_of_a_message(self):
        status, _, created = json_call(self.broker, "CreateQueue", QueueName="by-json",
                                       Attributes={"VisibilityTimeout": "60"})
        self.assertEqual(status, 200)
        url = created["QueueUrl"]
        _, _, sent = json_call(self.broker, "SendMessage", QueueUrl=url, MessageBody="hello")
        self.assertEqual(sent["MD5OfMessageBody"], "5d41402abc4b2a76b9719d911017c592")
        _, _, received = json_call(self.broker, "ReceiveMessage", QueueUrl=url)
        message, = received["Messages"]
        self.assertEqual(message["Body"], "hello")
        self.assertEqual(json_call(self.broker, "DeleteMessage", QueueUrl=url,
                                   ReceiptHandle=message["ReceiptHandle"])[0], 200)
        self.assertEqual(json_call(self.broker, "ReceiveMessage", QueueUrl=url)[2], {})

    def test_a_client_that_goes_away_takes_nothing_with_it(self):
        _, _, created = json_call(self.broker, "CreateQueue", QueueName="left-alone")
        url = created["QueueUrl"]
        connection = http.client.HTTPConnection(self.broker.aws, timeout=30)
        connection.request("POST", "/", json.dumps({"QueueUrl": url, "WaitTimeSeconds": 20}),
                           {"X-Amz-Target": "AmazonSQS.ReceiveMessage",
                            "Content-Type": "application/x-amz-json-1.0"})
        time.sleep(0.5)
        connection.close()
        time.sleep(0.2)
        json_call(self.broker, "SendMessage", QueueUrl=url, MessageBody="for another")
        _, _, received = json_call(self.broker, "ReceiveMessage", QueueUrl=url, WaitTimeSeconds=2)
        self.assertEqual([message["Body"] for message in received["Messages"]], ["for another"])

    def test_errors_are_told_in_both_ways(self):
        status, headers, answer = json_call(self.broker, "GetQueueUrl", QueueName="none")
        self.assertEqual(status, 400)
        self.assertEqual(answer["__type"], "com.amazonaws.sqs#QueueDoesNotExist")
        self.assertEqual(headers["x-amzn-query-error"],
                         "AWS.SimpleQueueService.NonExistentQueue;Sender")


class Crashes(unittest.TestCase):
    def test_messages_and_handles_survive_the_death_of_the_broker(self):
        with Broker() as broker:
            sqs = sqs_client(broker)
            url = sqs.create_queue(QueueName="kept")["QueueUrl"]
            for i in range(20):
                sqs.send_message(QueueUrl=url, MessageBody=str(i))
            held, = sqs.receive_message(QueueUrl=url, VisibilityTimeout=600)["Messages"]
            deleted, = sqs.receive_message(QueueUrl=url, VisibilityTimeout=600)["Messages"]
            sqs.delete_message(QueueUrl=url, ReceiptHandle=deleted["ReceiptHandle"])
            broker.kill()
            broker.start()
            sqs = sqs_client(broker)
            sqs.delete_message(QueueUrl=url, ReceiptHandle=held["ReceiptHandle"])
            seen = set()
            while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10,
                                                  VisibilityTimeout=600).get("Messages"):
                seen |= {message["Body"] for message in messages}
            self.assertEqual(seen, {str(i) for i in range(20)} - {held["Body"], deleted["Body"]})

    def test_stopping_answers_those_who_wait(self):
        with Broker() as broker:
            sqs = sqs_client(broker)
            url = sqs.create_queue(QueueName="q")["QueueUrl"]
            answers = []
            waiting = threading.Thread(target=lambda: answers.append(
                sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)))
            waiting.start()
            time.sleep(0.5)
            began = time.monotonic()
            self.assertEqual(broker.stop(), 0)
            self.assertLess(time.monotonic() - began, 5)
            waiting.join()
            self.assertNotIn("Messages", answers[0])


class Shards(unittest.TestCase):
    def test_clients_reach_every_queue_on_whichever_shard_they_are(self):
        with Broker("--shards", "2") as broker:
            clients = [sqs_client(broker) for _ in range(6)]
            for name in ("a", "b", "c"):
                url = clients[0].create_queue(QueueName=name)["QueueUrl"]
                for i, client in enumerate(clients):
                    client.send_message(QueueUrl=url, MessageBody=str(i))
                seen = set()
                for i, client in enumerate(clients):
                    message, = client.receive_message(QueueUrl=url, WaitTimeSeconds=5)["Messages"]
                    seen.add(message["Body"])
                    clients[i - 1].delete_message(QueueUrl=url,
                                                  ReceiptHandle=message["ReceiptHandle"])
                self.assertEqual(seen, {str(i) for i in range(len(clients))})

    def test_a_send_on_another_shard_wakes_whoever_waits(self):
        with Broker("--shards", "2") as broker:
            clients = [sqs_client(broker) for _ in range(6)]
            url = clients[0].create_queue(QueueName="q")["QueueUrl"]
            received = []

            def wait(client):
                answer = client.receive_message(QueueUrl=url, WaitTimeSeconds=20)
                received.extend(message["Body"] for message in answer.get("Messages", []))

            waiting = [threading.Thread(target=wait, args=(client,)) for client in clients]
            for each in waiting:
                each.start()
            time.sleep(0.5)
            began = time.monotonic()
            for i in range(len(clients)):
                sqs_client(broker).send_message(QueueUrl=url, MessageBody=str(i))
            for each in waiting:
                each.join()
            self.assertLess(time.monotonic() - began, 10)
            self.assertEqual(sorted(received), [str(i) for i in range(len(clients))])


class Keys(unittest.TestCase):
    def test_requests_are_verified_where_keys_are_named(self):
        with tempfile.TemporaryDirectory() as folder:
            keys = pathlib.Path(folder) / "keys"
            keys.write_text("AKIDEXAMPLE s3cret\n")
            with Broker("--set", "aws.authentication=verify", "--set",
                        f"aws.access_keys_file={keys}") as broker:
                sqs = sqs_client(broker, "AKIDEXAMPLE", "s3cret")
                url = sqs.create_queue(QueueName="q")["QueueUrl"]
                self.assertTrue(url.endswith("/000000000000/q"))
                for key, secret, code in (("AKIDEXAMPLE", "wrong", "SignatureDoesNotMatch"),
                                          ("NOBODY", "s3cret", "InvalidClientTokenId")):
                    with self.assertRaises(ClientError) as refused:
                        sqs_client(broker, key, secret).list_queues()
                    self.assertEqual(refused.exception.response["Error"]["Code"], code)
                self.assertEqual(json_call(broker, "ListQueues")[0], 403)

    def test_a_server_asks_for_keys(self):
        refused = polylog("server", "--aws", "127.0.0.1:0")
        self.assertEqual(refused.returncode, 78)
        self.assertIn("aws.access_keys_file", refused.stderr)


class Streams(unittest.TestCase):
    def test_kafka_clients_read_what_sqs_clients_sent(self):
        with Broker() as broker:
            sqs = sqs_client(broker)
            url = sqs.create_queue(QueueName="orders")["QueueUrl"]
            sqs.send_message(QueueUrl=url, MessageBody="one", MessageGroupId="customer",
                             MessageAttributes={"kind": {"DataType": "String",
                                                         "StringValue": "new"}})
            consumer = KafkaConsumer("orders", bootstrap_servers=broker.kafka,
                                     auto_offset_reset="earliest", consumer_timeout_ms=10000)
            record = next(consumer)
            consumer.close()
            self.assertEqual((record.key, record.value), (b"customer", b"one"))
            self.assertIn(("kind", b"new"), record.headers)

    def test_sqs_clients_receive_what_kafka_producers_wrote(self):
        with Broker() as broker:
            made = polylog("topic", "create", "events", "-b", broker.kafka, "--config",
                           "polylog.queue=unordered")
            self.assertEqual(made.returncode, 0, made.stderr)
            producer = KafkaProducer(bootstrap_servers=broker.kafka, acks="all")
            producer.send("events", b"text", key=b"k", headers=[("h", b"v")])
            producer.send("events", b"\xff\x00")
            producer.flush(WAIT_SECONDS)
            producer.close()
            sqs = sqs_client(broker)
            url = sqs.get_queue_url(QueueName="events")["QueueUrl"]
            messages = []
            deadline = time.monotonic() + WAIT_SECONDS
            while len(messages) < 2 and time.monotonic() < deadline:
                messages += sqs.receive_message(
                    QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1,
                    AttributeNames=["All"], MessageAttributeNames=["All"]).get("Messages", [])
            text = next(message for message in messages if message["Body"] == "text")
            self.assertEqual(text["MessageAttributes"]["h"],
                             {"StringValue": "v", "DataType": "String"})
            self.assertEqual(text["Attributes"]["MessageGroupId"], "k")
            binary = next(message for message in messages if message is not text)
            self.assertEqual(binary["Body"], "/wA=")
            self.assertEqual(binary["Attributes"]["PolylogBodyEncoding"], "base64")
            for message in messages:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


if __name__ == "__main__":
    unittest.main(warnings="ignore")  # boto3 keeps connections open until the end
