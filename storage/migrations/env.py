"""What alembic runs: on the connection it was handed."""

from alembic import context
from sqlmodel import SQLModel

from storage import tables  # noqa: F401  the metadata is filled by importing them

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
