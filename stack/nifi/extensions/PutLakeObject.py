"""NiFi 2 processor: put one FlowFile into an S3 bucket exactly once and never overwrite.

NiFi reads this file as text before its dependency is installed: descriptors stay plain assignments of literals.
"""

import hashlib
from datetime import timedelta

from nifiapi.flowfiletransform import FlowFileTransform, FlowFileTransformResult
from nifiapi.properties import ExpressionLanguageScope, PropertyDescriptor, StandardValidators
from nifiapi.relationship import Relationship


class PutLakeObject(FlowFileTransform):
    class Java:
        implements = ["org.apache.nifi.python.processor.FlowFileTransform"]

    class ProcessorDetails:
        version = "0.1.0"
        description = (
            "Creates one S3 object a FlowFile; an object that exists is compared and never overwritten."
        )
        tags = ["s3", "put", "lake", "ticklake"]
        dependencies = []  # in requirements.txt, with their sha256

    BUCKET = PropertyDescriptor(
        name="Bucket",
        description="Bucket written to.",
        required=True,
        validators=[StandardValidators.NON_EMPTY_VALIDATOR],
    )
    KEY = PropertyDescriptor(
        name="Object Key",
        description="Key of the object.",
        required=True,
        default_value="${path}${filename}",
        validators=[StandardValidators.NON_EMPTY_VALIDATOR],
        expression_language_scope=ExpressionLanguageScope.FLOWFILE_ATTRIBUTES,
    )
    ENDPOINT = PropertyDescriptor(
        name="Endpoint URL",
        description="S3 endpoint, addressed by path.",
        required=True,
        validators=[StandardValidators.URL_VALIDATOR],
    )
    REGION = PropertyDescriptor(
        name="Region",
        description="Region that signs the requests.",
        required=True,
        default_value="us-east-1",
        validators=[StandardValidators.NON_EMPTY_VALIDATOR],
    )
    ACCESS_KEY = PropertyDescriptor(
        name="Access Key",
        description="Access key id.",
        required=True,
        sensitive=True,
        validators=[StandardValidators.NON_EMPTY_VALIDATOR],
    )
    SECRET_KEY = PropertyDescriptor(
        name="Secret Key",
        description="Secret access key.",
        required=True,
        sensitive=True,
        validators=[StandardValidators.NON_EMPTY_VALIDATOR],
    )
    PROPERTIES = [BUCKET, KEY, ENDPOINT, REGION, ACCESS_KEY, SECRET_KEY]
    # "failure" and "original" are added by NiFi.
    RELATIONSHIPS = [
        Relationship("success", "The object holds these bytes now (lake.outcome: created or already_there)."),
        Relationship("conflict", "The key holds other bytes; nothing was written."),
    ]

    def __init__(self, **kwargs):
        super().__init__()
        self.store = None

    def getPropertyDescriptors(self):
        return self.PROPERTIES

    def getRelationships(self):
        return self.RELATIONSHIPS

    def onScheduled(self, context):
        self.store = None  # settings may have changed

    def transform(self, context, flowfile):
        key = context.getProperty(self.KEY).evaluateAttributeExpressions(flowfile).getValue()
        content = bytes(flowfile.getContentsAsBytes())
        digest = hashlib.sha256(content).hexdigest()
        attributes = {"lake.key": key, "lake.sha256": digest}
        try:
            outcome, found = self.create(context, key, content, digest)
        except Exception as error:  # an outage, refused keys, no bucket: NiFi keeps the FlowFile and retries
            self.logger.warn(f"{key} was not put, it is tried again: {error}")
            context.yield_resources()  # an outage costs a few attempts a second, not one a FlowFile
            return FlowFileTransformResult("failure", {**attributes, "lake.error": str(error)[:500]})
        attributes["lake.outcome"] = outcome
        if outcome != "conflict":
            return FlowFileTransformResult("success", attributes)
        self.logger.error(
            f"{key} holds other bytes. Expected sha256 {digest}, was {found}: nothing was overwritten"
        )
        return FlowFileTransformResult("conflict", {**attributes, "lake.found.sha256": found})

    def create(self, context, key, content, digest):
        """Create the object where nothing is, and read back what lies there: outcome and its sha256."""
        from obstore.exceptions import AlreadyExistsError

        # Opened here: a Python process that died is started again by NiFi without a call of onScheduled.
        store = self.store = self.store or self.open(context)
        try:
            store.put(key, content, mode="create")  # If-None-Match: *
            outcome = "created"
        except AlreadyExistsError:
            outcome = "already_there"
        found = hashlib.sha256(store.get(key).bytes()).hexdigest()
        return (outcome if found == digest else "conflict"), found

    def open(self, context):
        from obstore.store import S3Store

        def value(descriptor):
            return context.getProperty(descriptor).getValue()

        return S3Store(
            value(self.BUCKET),
            endpoint=value(self.ENDPOINT),
            region=value(self.REGION),
            access_key_id=value(self.ACCESS_KEY),
            secret_access_key=value(self.SECRET_KEY),
            virtual_hosted_style_request=False,
            client_options={"allow_http": True, "connect_timeout": "3s", "timeout": "60s"},
            # The client retries only a hiccup; an outage is NiFi's to sit out, with the FlowFile in its queue.
            retry_config={"max_retries": 1, "retry_timeout": timedelta(seconds=5)},
        )
