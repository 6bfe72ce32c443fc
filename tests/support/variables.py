"""Environment variables: credentials, what leads to one, and names that only look like it."""

from __future__ import annotations

SECRET = {
    "OPENAI_API_KEY": "sk-x", "WANDB_API_KEY": "0123456789", "HF_TOKEN": "hf_x", "GITHUB_TOKEN": "ghp_x", "GITLAB_TOKEN_2": "x",
    "AWS_SECRET_ACCESS_KEY": "/abc+d", "AWS_ACCESS_KEY_ID": "AKIA", "AWS_SESSION_TOKEN": "x", "AZURE_STORAGE_KEY": "x",
    "AZURE_STORAGE_CONNECTION_STRING": "AccountKey=x", "MISTRAL_APIKEY": "x", "PGPASSWORD": "123456", "DB_PASSWD": "x",
    "DB_PASS": "x", "MYSQL_PWD": "x", "CLIENT_SECRET": "x", "SSH_PRIVATE_KEY": "-----BEGIN", "MY_CREDENTIALS": "{}",
    "openai_api_key": "x", "KAGGLE_KEY": "x", "TOKEN": "x", "SENTRY_DSN": "https://x@y/1", "RAY_AUTH_TOKEN": "abc",
}  # fmt: skip
PRIVATE = {
    "SSH_AUTH_SOCK": "/tmp/agent", "GOOGLE_APPLICATION_CREDENTIALS": "/home/me/key.json", "NETRC": "/home/me/.netrc",
    "AWS_PROFILE": "work", "AWS_CONFIG_FILE": "/c", "DATABASE_URL": "postgresql://me:pw@db/x", "HTTPS_PROXY": "http://me:pw@p:1",
    "PIP_INDEX_URL": "https://token@pypi.example/simple", "PG_DSN_TEXT": "host=db password=pw", "HF_TOKEN_PATH": "/t",
    "HOOK": "https://host/x?token=abc",
}  # fmt: skip
OPEN = {
    "TOKENIZERS_PARALLELISM": "false", "TIKTOKEN_CACHE_DIR": "/c", "MAX_TOKENS": "4096", "MAX_TOKEN_LENGTH": "4096",
    "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1", "HF_HOME": "/h", "HF_ENDPOINT": "https://mirror.example:8443", "PWD": "/work",
    "KEYBOARD": "de", "VLLM_MULTI_STREAM_GEMM_TOKEN_THRESHOLD": "1024", "HTTP_PROXY": "http://proxy:3128", "EMPTY_API_KEY": "",
    "REPO": "ssh://git@host/x.git", "OMP_NUM_THREADS": "1",
}  # fmt: skip
