"""Readers of CRM exports: what is known of each, by the name of the reader."""

from collections.abc import Mapping

from ccml.sources.crm.dynamics import DYNAMICS
from ccml.sources.crm.export import Export
from ccml.sources.crm.hubspot import HUBSPOT
from ccml.sources.crm.salesforce import SALESFORCE

CRM_READERS: Mapping[str, Export] = SALESFORCE | HUBSPOT | DYNAMICS
