from gate.platforms.model import Evidence, Platform

PLATFORM = Platform(
    name="lambda",
    title="AWS Lambda",
    sources=("https://docs.aws.amazon.com/lambda/latest/dg/images-create.html",),
    size_limit=10 * 10**9,
    evidence=Evidence(
        bases=("public.ecr.aws/lambda/*", "amazon/aws-lambda-*", "public.ecr.aws/awsguru/aws-lambda-adapter*"),
        packages=("awslambdaric",),
        variables=("LAMBDA_TASK_ROOT",),
        texts=("awslambdaric", "aws-lambda-ric", "/lambda-adapter", "aws-lambda-rie"),
    ),
)
