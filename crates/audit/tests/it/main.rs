//! What an audit, a receipt and a promise tell a stranger about real records and forged ones.
